"""Where do the customers of the county live, and who looks after them?

Five stations, fourteen reading routes, a collector for each route; every village belongs to one route.
"""

from functools import cache

import polars as pl

from zaikong.sim.draws import Stream, looked_up
from zaikong.sim.identities import COUNTY, person_names

_STATIONS = (
    ("GD01", "城关供电所", 3, "城关镇", "东关 西关 南关 北关 文庙 新城 园区 火车站 河滨"),
    ("GD02", "临溪供电所", 3, "临溪镇", "大王庄 小王庄 李家楼 溪南 溪北 杨树湾 马庄 前张 后张"),
    ("GD03", "柳河供电所", 3, "柳河乡", "柳东 柳西 赵岗 孙洼 陈寨 胡同 老庙 新集 黄土坡"),
    ("GD04", "青龙供电所", 3, "青龙镇", "青龙街 龙泉 龙湾 郭屯 刘集 周楼 高庄 三里井 五里铺"),
    ("GD05", "石桥供电所", 2, "石桥乡", "石桥 桥头 梁洼 韩庄 窑场 双庙 枣林 槐树营 汤店"),
)
_COLLECTOR_ACCOUNT = 9_000_000

FIRM_WEIGHTS = (45, 20, 15, 12, 8)
HOUSE_WEIGHTS = (15, 25, 25, 20, 15)
"""How accounts fall on the stations: firms crowd round the county town, farms do not."""


def stations() -> pl.DataFrame:
    """The stations: `station` (code), `station_name`."""
    return pl.DataFrame({"station": [row[0] for row in _STATIONS], "station_name": [row[1] for row in _STATIONS]})


@cache
def villages() -> pl.DataFrame:
    """Every village: `village` (place), `village_name`, `township`, `station`, `station_place`, `route`."""
    rows: list[dict[str, object]] = []
    for place, (station, _, routes, township, names) in enumerate(_STATIONS):
        for number, name in enumerate(names.split()):
            route = f"{station[2:]}{number * routes // len(names.split()) + 1:02d}"
            rows.append(
                {
                    "village": len(rows),
                    "village_name": name,
                    "township": township,
                    "station": station,
                    "station_place": place,
                    "route": f"R{route}",
                }
            )
    return pl.DataFrame(rows)


def collectors(seed: int) -> pl.DataFrame:
    """The collectors, one a route: `collector` (employee number), `collector_name`, `station`, `route`."""
    routes = villages().select("station", "route").unique(maintain_order=True).with_row_index("number")
    account = pl.col("number").cast(pl.Int64) + _COLLECTOR_ACCOUNT
    return routes.select(
        pl.concat_str(pl.lit("C"), pl.col("route").str.slice(1)).alias("collector"),
        person_names(seed, account).alias("collector_name"),
        "station",
        "route",
    )


def settled(seed: int, accounts: pl.DataFrame, weights: tuple[int, ...]) -> pl.DataFrame:
    """Give every account a place.

    Args:
        seed: The county's seed.
        accounts: Rows with `account` (number).
        weights: How accounts fall on the five stations.

    Returns:
        The rows with `village`, `address`, `station`, `route` and `collector`.
    """
    account = pl.col("account")
    each = len(villages()) // len(_STATIONS)
    station = Stream.of(seed, "place.station").weighted(weights, account)
    placed = accounts.with_columns(village=station * each + Stream.of(seed, "place.village").below(each, account))
    house = 1 + Stream.of(seed, "place.house").below(320, account)
    known = villages()
    return placed.with_columns(
        address=pl.concat_str(
            pl.lit(COUNTY),
            looked_up(known["township"].to_list(), pl.col("village")),
            looked_up(known["village_name"].to_list(), pl.col("village")),
            house.cast(pl.String),
            pl.lit("号"),
        ),
        station=looked_up(known["station"].to_list(), pl.col("village")),
        route=looked_up(known["route"].to_list(), pl.col("village")),
    ).with_columns(collector=pl.concat_str(pl.lit("C"), pl.col("route").str.slice(1)))
