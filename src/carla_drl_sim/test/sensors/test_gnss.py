"""Satellite positioning agrees with the client's own map."""

from __future__ import annotations

import carla
import numpy as np
import pytest

from carla_drl_sim.sensors.gnss import GeoReference
from carla_drl_sim.world.town_generator import generate_town


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("+lat_0=4.9e+1 +lon_0=8.0", (49.0, 8.0)),
        ("+proj=tmerc +lat_0=-33.5 +lon_0=-70.25 +k=1 +units=m", (-33.5, -70.25)),
        ("+proj=utm +zone=32", (42.0, 2.0)),
        ("+lat_0=49", (42.0, 2.0)),
    ],
)
def test_places_are_those_of_the_clients_map(header: str, expected: tuple[float, float]) -> None:
    opendrive = generate_town("Town01", 0).opendrive
    start, end = opendrive.index("<geoReference>"), opendrive.index("</geoReference>")
    opendrive = f"{opendrive[:start]}<geoReference><![CDATA[{header}]]>{opendrive[end:]}"
    reference = GeoReference.from_opendrive(opendrive)
    assert (reference.latitude, reference.longitude) == expected
    their_map = carla.Map("Town01", opendrive)
    places = np.array([[0.0, 0.0, 0.0], [100.0, 50.0, 3.0], [-1000.0, 2000.0, -10.0]])
    for place, (latitude, longitude, altitude) in zip(places, reference.geodetic(places), strict=True):
        theirs = their_map.transform_to_geolocation(carla.Location(*place))
        assert latitude == pytest.approx(theirs.latitude, abs=1e-11)
        assert longitude == pytest.approx(theirs.longitude, abs=1e-11)
        assert altitude == theirs.altitude
