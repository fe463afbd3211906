"""Random layers, drawn from the fields of the kinds: a new kind is covered by existing."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from typing import Any

from hypothesis import strategies as st

from ml_utils.core.kinds import KINDS
from ml_utils.core.kinds.table import kinds_table
from tests.strategies_schema import Fitting

LARGE = 12  # whole numbers that are drawn are no larger, so that networks stay small
GROUP = {row["kind"]: row["group"] for row in kinds_table()}
PLAIN = [name for name, group in GROUP.items() if group not in ("block", "ready")]


@cache
def fields_of(name: str, large: int = LARGE) -> st.SearchStrategy[dict[str, Any]]:
    """Layers of one kind, as plain JSON."""
    kind = Fitting(KINDS[name])
    schema = deepcopy(kind.root)
    for one in (option for field in schema["properties"].values() for option in (field, *field.get("anyOf", ()))):
        if "maximum" in one and one["type"] == "integer":
            one["maximum"] = max(one["minimum"], min(one["maximum"], large))
    return kind.good(schema).map(lambda fields: {**fields, "kind": name})


def layer(deep: int = 3) -> st.SearchStrategy[dict[str, Any]]:
    """Any layer; blocks in blocks, so many deep. None is a ready network, which takes long to build."""
    plain = st.sampled_from(PLAIN).flatmap(fields_of)
    if not deep:
        return plain
    inside = st.lists(layer(deep - 1), min_size=1, max_size=3)
    block = st.fixed_dictionaries({"kind": st.just("residual"), "layers": inside}, optional={"normalize": st.booleans()})
    return st.one_of(plain, plain, plain, plain, block)


def layers(most: int = 6) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(layer(), min_size=1, max_size=most)
