"""Lane edges of a road that can be checked by hand."""

import numpy as np
import pytest

from carla_drl_tools.errors import ToolError
from carla_drl_tools.road_lines import lane_edges
from carla_drl_tools.road_markers_node import road_marker

# A straight road: 20 m, heading 0, one lane of 3.5 m either way.
LANE = (
    '<lane id="{}" type="driving" level="false"><link/><width sOffset="0" a="3.5" b="0" c="0" d="0"/></lane>'
)
ROAD = f"""<?xml version="1.0"?>
<OpenDRIVE>
  <header revMajor="1" revMinor="4" name="" version="1" north="0" south="0" east="0" west="0"/>
  <road name="" length="20" id="1" junction="-1">
    <link/>
    <planView><geometry s="0" x="10" y="5" hdg="0" length="20"><line/></geometry></planView>
    <elevationProfile/>
    <lanes><laneSection s="0">
      <left>{LANE.format(1)}</left>
      <center><lane id="0" type="none" level="false"/></center>
      <right>{LANE.format(-1)}</right>
    </laneSection></lanes>
  </road>
</OpenDRIVE>"""


def test_edges_lie_where_the_lanes_end() -> None:
    edges = lane_edges("straight", ROAD)
    # OpenDRIVE is right-handed, as REP-103 is: the road's line is y = 5, its left lane ends at 8.5. Of a road that
    # leads nowhere the client's topology has that lane alone.
    assert sorted(round(float(edge[:, 1].mean()), 3) for edge in edges) == [5.0, 8.5]
    for edge in edges:
        assert edge.dtype == np.float32
        np.testing.assert_allclose(edge[:, 1], edge[0, 1], atol=1e-3)
        assert edge[:, 0].min() < 12.1
        assert edge[:, 0].max() > 27.9


def test_markers_are_pieces_of_the_edges() -> None:
    marker = road_marker("straight", ROAD)
    assert marker.header.frame_id == "map"
    pieces = sum(len(edge) - 1 for edge in lane_edges("straight", ROAD))
    assert len(marker.points) == 2 * pieces
    assert marker.points[1] == marker.points[2]


def test_a_document_without_a_road_is_explained() -> None:
    with pytest.raises(ToolError, match="map 'nothing'"):
        lane_edges("nothing", "no XML at all")
