"""The functions of PromQL that an expression of a user may call, and what they give.

Only what every Prometheus 3 knows without a flag. Others, `info` among them, may read series that no selector names, or
mean something else tomorrow.
"""

from enum import Enum


class Kind(Enum):
    """What an expression gives, in the words of Prometheus' documentation."""

    VECTOR = "an instant vector"
    MATRIX = "a range vector"
    SCALAR = "a scalar"
    STRING = "a string"


SCALARS = frozenset({"pi", "scalar", "time"})

_VECTORS = """
    abs absent absent_over_time acos acosh asin asinh atan atanh avg_over_time ceil changes clamp clamp_max clamp_min
    cos cosh count_over_time day_of_month day_of_week day_of_year days_in_month deg delta deriv exp floor histogram_avg
    histogram_count histogram_fraction histogram_quantile histogram_stddev histogram_stdvar histogram_sum hour idelta
    increase irate label_join label_replace last_over_time ln log10 log2 max_over_time min_over_time minute month
    predict_linear present_over_time quantile_over_time rad rate resets round sgn sin sinh sort sort_desc sqrt
    stddev_over_time stdvar_over_time sum_over_time tan tanh timestamp vector year
"""

FUNCTIONS = SCALARS | frozenset(_VECTORS.split())

AGGREGATIONS = frozenset(
    {"avg", "bottomk", "count", "count_values", "group", "max", "min", "quantile", "stddev", "stdvar", "sum", "topk"}
)
