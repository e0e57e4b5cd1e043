"""Props: spawned, seen by rays, hit by vehicles, moved, switched and removed by the real client."""

from __future__ import annotations

from collections.abc import Iterator

import carla
import pytest
from carla_world import Scene, scene
from server_process import ServerProcess

from carla_drl_sim.world.labels import Label
from carla_drl_sim.world.props import PROPS


@pytest.fixture(scope="module")
def shared(server: ServerProcess) -> Iterator[Scene]:
    with scene(server.rpc_port) as made:
        yield made


@pytest.fixture
def road(shared: Scene) -> Iterator[carla.Transform]:
    """A place on a straight road; what was spawned is gone afterwards."""
    known = {actor.id for actor in shared.world.get_actors()}
    for point in shared.map.get_spawn_points():
        ahead = shared.map.get_waypoint(point.location).next(40.0)[0].transform
        if abs(ahead.rotation.yaw - point.rotation.yaw) < 0.5:
            break
    yield point
    for actor in shared.world.get_actors():
        if actor.id not in known:
            actor.destroy()
    shared.ticks(1)


def _prop(shared: Scene, name: str, at: carla.Transform) -> carla.Actor:
    return shared.world.spawn_actor(shared.library.find(f"static.prop.{name}"), at)


def _ahead(point: carla.Transform, distance: float, height: float = 0.0) -> carla.Transform:
    place = point.location + distance * point.get_forward_vector()
    return carla.Transform(carla.Location(place.x, place.y, place.z - 0.3 + height), point.rotation)


def test_blueprints_have_plausible_sizes(shared: Scene) -> None:
    blueprints = shared.library.filter("static.prop.*")
    assert len(blueprints) == len(PROPS) > 90
    assert PROPS["static.prop.trashcan01"].size == "medium"
    for prop in PROPS.values():
        assert 0.01 < max(prop.extent) < 4.0
        assert prop.label in (Label.STATIC, Label.DYNAMIC)
    assert shared.library.find("static.prop.container").get_attribute("size").as_str() == "big"


def test_rays_see_a_prop_until_it_is_gone(shared: Scene, road: carla.Transform) -> None:
    place = _ahead(road, 15.0)
    prop = _prop(shared, "container", place)
    shared.ticks(1)
    assert prop.get_transform().location.distance(place.location) < 1e-3
    assert prop.bounding_box.extent.z == pytest.approx(1.3)
    begin, end = road.location + carla.Location(z=1.0), _ahead(road, 30.0, 1.3).location

    def labels() -> list[carla.CityObjectLabel]:
        return [hit.label for hit in shared.world.cast_ray(begin, end)]

    assert carla.CityObjectLabel.Static in labels()
    aside = place.location + 12.0 * place.get_right_vector()
    prop.set_location(aside)
    shared.ticks(1)
    assert carla.CityObjectLabel.Static not in labels()
    prop.set_transform(place)
    shared.ticks(1)
    assert carla.CityObjectLabel.Static in labels()
    assert prop.destroy()
    shared.ticks(1)
    assert carla.CityObjectLabel.Static not in labels()


def test_a_vehicle_runs_into_a_prop_unless_its_collisions_are_off(
    shared: Scene, road: carla.Transform
) -> None:
    prop = _prop(shared, "container", _ahead(road, 18.0))
    prop.set_simulate_physics(True)
    car = shared.vehicle(road)
    hits: list[int] = []
    shared.sensor(car).listen(lambda event: hits.append(event.other_actor.id))
    car.apply_control(carla.VehicleControl(throttle=1.0))
    shared.ticks(80)
    assert set(hits) == {prop.id}
    assert car.get_location().distance(road.location) < 18.0
    prop.set_collisions(False)
    shared.ticks(60)
    assert car.get_location().distance(road.location) > 18.0


def test_a_vehicle_rolls_over_what_is_flat(shared: Scene, road: carla.Transform) -> None:
    _prop(shared, "dirtdebris02", _ahead(road, 10.0))
    car = shared.vehicle(road)
    hits: list[int] = []
    shared.sensor(car).listen(lambda event: hits.append(event.other_actor.id))
    car.apply_control(carla.VehicleControl(throttle=1.0))
    shared.ticks(80)
    assert not hits
    assert car.get_location().distance(road.location) > 18.0


def test_props_have_no_parents(shared: Scene, road: carla.Transform) -> None:
    car = shared.vehicle(road)
    with pytest.raises(RuntimeError, match="a prop cannot have a parent"):
        shared.world.spawn_actor(
            shared.library.find("static.prop.trafficcone01"), carla.Transform(), attach_to=car
        )
