"""What the models of all params files are made of: the frozen model and the types of its fields."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

#: More than any client has of anything, and little enough to be added, multiplied and dated.
MOST = 1e12
Ratio = Annotated[float, Field(ge=0, le=1)]
NotNegative = Annotated[float, Field(ge=0, le=MOST)]
Number = Annotated[float, Field(ge=-MOST, le=MOST)]
Money = Annotated[Decimal, Field(ge=0, le=Decimal(10) ** 12, max_digits=40)]
Count = Annotated[int, Field(ge=0, le=10**9)]
#: A hundred years in each unit: no term is longer.
Days = Annotated[float, Field(ge=0, le=36_525)]
WholeDays = Annotated[int, Field(ge=0, le=36_525)]
Hours = Annotated[float, Field(ge=0, le=876_600)]
Minutes = Annotated[float, Field(ge=0, le=52_596_000)]
Seconds = Annotated[float, Field(ge=0, le=3_155_760_000)]
Name = Annotated[str, Field(min_length=1)]


def _of_our_time(day: date) -> date:
    if not date(1970, 1, 1) <= day < date(2200, 1, 1):
        raise ValueError(f"{day} is no day from 1970 to 2199: leave it out where there is none")
    return day


Day = Annotated[date, AfterValidator(_of_our_time)]


class Params(BaseModel):
    """A frozen model that refuses unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
