"""Five stations, fourteen routes, a collector for each."""

from zaikong.sim.county import County
from zaikong.sim.places import collectors, stations, villages


def test_there_are_five_stations_and_fourteen_routes():
    assert stations()["station"].to_list() == ["GD01", "GD02", "GD03", "GD04", "GD05"]
    assert villages()["route"].n_unique() == 14
    assert collectors(1)["route"].to_list() == villages()["route"].unique(maintain_order=True).to_list()


def test_a_route_lies_in_one_station():
    assert villages().group_by("route").agg(n="station").select("n").to_series().list.n_unique().max() == 1


def test_every_customer_has_the_collector_of_its_route(county: County):
    known = county.collectors.select("collector", "station", "route").rows()
    found = county.customers.select("collector", "station", "route").unique().sort("collector").rows()
    assert found == sorted(known)
