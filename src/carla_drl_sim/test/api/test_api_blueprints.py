"""carla.BlueprintLibrary and ActorBlueprint, method by method."""

from __future__ import annotations

import pytest
from carla_world import Scene
from covered import covers


@covers("BlueprintLibrary.find")
def test_find(scene: Scene) -> None:
    assert scene.library.find("vehicle.tesla.model3").id == "vehicle.tesla.model3"
    with pytest.raises(IndexError, match="nothing"):
        scene.library.find("vehicle.nothing.at_all")


@pytest.mark.parametrize(
    ("pattern", "least"),
    [("vehicle.*", 30), ("walker.*", 20), ("sensor.*", 14), ("static.prop.*", 40), ("*", 80)],
)
@covers("BlueprintLibrary.filter")
def test_filter(scene: Scene, pattern: str, least: int) -> None:
    assert len(scene.library.filter(pattern)) >= least


@covers("BlueprintLibrary.filter_by_attribute")
def test_filter_by_attribute(scene: Scene) -> None:
    bikes = scene.library.filter_by_attribute("number_of_wheels", "2")
    assert len(bikes) >= 3
    assert "vehicle.tesla.model3" not in [blueprint.id for blueprint in bikes]


@covers("ActorBlueprint.id", "ActorBlueprint.tags", "ActorBlueprint.has_tag", "ActorBlueprint.match_tags")
def test_tags(scene: Scene) -> None:
    blueprint = scene.library.find("vehicle.audi.tt")
    assert set(blueprint.tags) >= {"vehicle", "audi", "tt"}
    assert blueprint.has_tag("audi")
    assert not blueprint.has_tag("walker")
    assert blueprint.match_tags("vehicle.audi.*")


@covers("ActorBlueprint.has_attribute", "ActorBlueprint.get_attribute", "ActorBlueprint.set_attribute")
def test_attributes(scene: Scene) -> None:
    blueprint = scene.library.find("vehicle.audi.tt")
    assert blueprint.has_attribute("role_name")
    assert not blueprint.has_attribute("wings")
    blueprint.set_attribute("role_name", "hero")
    assert blueprint.get_attribute("role_name").as_str() == "hero"
    assert int(blueprint.get_attribute("number_of_wheels")) == 4
    color = blueprint.get_attribute("color")
    assert len(color.recommended_values) > 1
    car = scene.adopt(scene.world.spawn_actor(blueprint, scene.map.get_spawn_points()[0]))
    assert car.attributes["role_name"] == "hero"
    camera = scene.library.find("sensor.camera.rgb")
    camera.set_attribute("image_size_x", "64")
    assert camera.get_attribute("image_size_x").as_int() == 64
    assert camera.get_attribute("fov").as_float() == pytest.approx(90.0)
