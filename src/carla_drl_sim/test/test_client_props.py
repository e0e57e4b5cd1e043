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


def test_a_prop_moves_and_turns_with_its_parent(shared: Scene, road: carla.Transform) -> None:
    car = shared.vehicle(road)
    offset = carla.Transform(carla.Location(x=-0.5, z=2.0), carla.Rotation(yaw=90.0))
    load = shared.world.spawn_actor(shared.library.find("static.prop.container"), offset, attach_to=car)
    car.apply_control(carla.VehicleControl(throttle=1.0, steer=0.2))
    shared.ticks(40)
    assert load.parent.id == car.id
    place = car.get_transform()
    assert place.location.distance(road.location) > 5.0  # the load is in nobody's way
    here = load.get_transform()
    assert here.location.distance(place.transform(offset.location)) < 1e-2
    assert (here.rotation.yaw - place.rotation.yaw) % 360.0 == pytest.approx(90.0, abs=1e-2)
    above = shared.world.ground_projection(here.location + carla.Location(z=8.0), 20.0)
    assert above.label == carla.CityObjectLabel.Static
    assert above.location.z == pytest.approx(here.location.z + 2.6, abs=1e-2)

    load.set_transform(carla.Transform(carla.Location(z=4.0)))  # relative to the parent
    shared.ticks(1)
    here = load.get_transform()
    assert here.location.distance(car.get_transform().transform(carla.Location(z=4.0))) < 1e-2
    assert car.destroy()
    shared.ticks(1)
    left = load.get_transform()
    assert left.location.distance(here.location) < 1e-2
    above = shared.world.ground_projection(left.location + carla.Location(z=8.0), 20.0)
    assert above.label == carla.CityObjectLabel.Static  # it stands in the town from now on
    assert load.destroy()


@pytest.mark.parametrize("type_id", ["vehicle.tesla.model3", "walker.pedestrian.0001"])
def test_only_sensors_and_props_have_parents(shared: Scene, road: carla.Transform, type_id: str) -> None:
    car = shared.vehicle(road)
    shared.ticks(1)
    with pytest.raises(RuntimeError, match="only sensors and props can"):
        shared.world.spawn_actor(shared.library.find(type_id), carla.Transform(), attach_to=car)
