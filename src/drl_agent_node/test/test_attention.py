import numpy as np
import pytest
import torch

from drl_agent_node.algorithms.observing import ObservationScaler
from drl_agent_node.errors import ConfigurationError
from drl_agent_node.networks.attention import CrossAttentionFusion, NeighbourEncoder
from drl_agent_node.networks.features import FeatureConfig, FeatureNetwork
from drl_agent_node.networks.state_layout import count_neighbours, read_layout

FEATURES = ("present", "x_m", "y_m", "heading_cos", "heading_sin", "vx_mps", "vy_mps", "length_m")
NAMES = ("speed_mps", "lane_offset_m", *(f"neighbour_{k}_{name}" for k in range(4) for name in FEATURES))


def states(present: list[int], seed: int = 0) -> torch.Tensor:
    random = np.random.default_rng(seed)
    neighbours = random.normal(size=(4, 8)).astype(np.float32)
    neighbours[:, 0] = present
    neighbours[neighbours[:, 0] == 0] = 0.0
    return torch.from_numpy(np.concatenate([[5.0, 0.3], neighbours.reshape(-1)]).astype(np.float32)[None])


def swapped(state: torch.Tensor, order: list[int]) -> torch.Tensor:
    neighbours = state[:, 2:].view(-1, 4, 8)[:, order]
    return torch.cat([state[:, :2], neighbours.reshape(len(state), -1)], 1)


def encoder() -> NeighbourEncoder:
    torch.manual_seed(0)
    return NeighbourEncoder(read_layout(NAMES), 16, 2)


def test_layout_finds_ego_and_neighbours():
    layout = read_layout(
        ("a", "neighbour_1_x_m", "neighbour_1_present", "b", "neighbour_0_present", "neighbour_0_x_m")
    )
    assert layout.ego == (0, 3)
    assert layout.neighbours == ((4, 5), (2, 1))
    assert layout.scales == {1: 20.0, 2: 1.0, 4: 1.0, 5: 20.0}
    assert count_neighbours(NAMES) == len(read_layout(NAMES).neighbours)
    assert count_neighbours(("speed_mps",)) == 0
    assert read_layout(NAMES).scales[2 + 7] == 5.0
    assert read_layout(NAMES).scales[2 + 5] == 10.0
    with pytest.raises(ConfigurationError, match="neighbour 1 has the columns x_m"):
        read_layout(("neighbour_0_present", "neighbour_0_x_m", "neighbour_1_x_m"))
    with pytest.raises(ConfigurationError, match="no column 'present'"):
        read_layout(("neighbour_0_x_m",))


def test_the_order_of_neighbours_does_not_matter_but_who_they_are_does():
    network, state = encoder(), states([1, 1, 1, 0])
    with torch.no_grad():
        features, weights = network.attend(state)
        for order in ([1, 0, 2, 3], [3, 2, 1, 0]):
            others, moved = network.attend(swapped(state, order))
            torch.testing.assert_close(others, features)
            torch.testing.assert_close(moved[..., 1:], weights[..., 1:][..., order])
        other = state.clone()
        other[0, 2 + 8 + 1] += 1.0
        assert (network(other) - features).abs().max() > 1e-3
    assert features.shape == (1, network.output_dim)
    torch.testing.assert_close(features[:, :2], state[:, :2])


def test_absent_neighbours_do_not_count():
    network = encoder()
    garbled = states([1, 0, 0, 0])
    garbled[0, 2 + 8 + 1 : 2 + 16] = 99.0
    with torch.no_grad():
        features, weights = network.attend(states([1, 0, 0, 0]))
        torch.testing.assert_close(network(garbled), features)
        assert (weights[..., 2:] == 0).all()
        torch.testing.assert_close(weights.sum(-1), torch.ones(1, 2))
        alone, weights = network.attend(states([0, 0, 0, 0]))
    assert torch.isfinite(alone).all()
    assert (weights[..., 0] == 1).all()


def test_weights_agree_with_torchs_attention():
    network = encoder()
    state = states([1, 1, 0, 1])
    with torch.no_grad():
        _, weights = network.attend(state)
        tokens = torch.cat(
            [network.embed_ego(state[:, :2])[:, None], network.embed_neighbour(state[:, 2:].view(1, 4, 8))], 1
        )
        attention = network.attention
        reference = torch.nn.MultiheadAttention(16, 2, batch_first=True)
        reference.in_proj_weight.copy_(torch.cat([attention.query.weight, attention.key_value.weight]))
        reference.in_proj_bias.copy_(torch.cat([attention.query.bias, attention.key_value.bias]))
        reference.out_proj.weight.copy_(attention.output.weight)
        reference.out_proj.bias.copy_(attention.output.bias)
        absent = torch.tensor([[False, False, False, True, False]])
        attended, expected = reference(tokens[:, :1], tokens, tokens, absent, average_attn_weights=False)
        torch.testing.assert_close(weights, expected[:, :, 0])
        own, _ = attention(tokens[:, :1], tokens, ~absent)
        torch.testing.assert_close(own, attended)


def test_the_scaler_keeps_neighbours_exchangeable():
    layout = read_layout(NAMES)
    scaler = ObservationScaler(len(NAMES), enabled=True, layout=layout)
    random = np.random.default_rng(0)
    seen = random.normal(size=(500, len(NAMES))).astype(np.float32) * 10.0 + 3.0
    scaler.update(seen)
    scaled = scaler.tensors(seen).numpy()
    np.testing.assert_allclose(scaled[:, :2].std(0), 1.0, rtol=1e-3)
    np.testing.assert_allclose(scaled[:, 3], seen[:, 3] / 20.0, rtol=1e-5)
    np.testing.assert_allclose(scaled[:, 2], np.clip(seen[:, 2], -10.0, 10.0), rtol=1e-5)


def test_cross_attention_fuses_state_and_places():
    torch.manual_seed(0)
    fusion = CrossAttentionFusion(3, 8, 16, 2)
    state, places = torch.randn(5, 3), torch.randn(5, 9, 8)
    features, weights = fusion.attend(state, places)
    assert features.shape == (5, fusion.output_dim)
    assert weights.shape == (5, 2, 9)
    torch.testing.assert_close(weights.sum(-1), torch.ones(5, 2))
    order = torch.randperm(9)
    torch.testing.assert_close(fusion(state, places[:, order]), features)
    assert (fusion(state + 1.0, places)[:, 3:] - features[:, 3:]).abs().max() > 1e-4


def test_features_of_a_plain_state_are_the_state():
    network = FeatureNetwork(FeatureConfig(), 5, (), "test")
    state = torch.randn(2, 3, 5)
    assert network.identity
    assert network(state) is state
    assert list(network.parameters()) == []


def test_all_of_it_gets_gradients():
    sizes = {"raster": (2, 16, 16), "state": (len(NAMES),)}
    config = FeatureConfig(state_encoder="attention", fusion="cross_attention", attention_size=16)
    network = FeatureNetwork(config, sizes, NAMES, "test")
    images = torch.randint(0, 256, (6, 2, 16, 16), dtype=torch.uint8)
    features = network({"raster": images, "state": states([1, 1, 1, 0]).expand(6, -1)})
    features.square().sum().backward()
    assert features.shape == (6, network.feature_dim)
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in network.parameters())
