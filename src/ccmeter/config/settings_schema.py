"""What a settings file may hold, as pydantic models; turned into plain values as soon as they are checked."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from ccmeter.config.settings import OwnPrice, PricingSettings, Settings

# 1,000 USD per million tokens, times any multiplier below, keeps every cost within 64 bits (domain.rates.MOST_PICO)
_Price = Annotated[Decimal, Field(ge=0, le=100)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class _OwnPrice(_Model):
    input: _Price
    output: _Price
    cache_read: _Price | None = None
    cache_write: _Price | None = None


class _Pricing(_Model):
    multiplier: Annotated[Decimal, Field(ge=0, le=2)] = Decimal(1)
    regional_premium: bool = False
    aliases: dict[str, str] = Field(default_factory=dict)
    models: dict[str, _OwnPrice] = Field(default_factory=dict)


class _Settings(_Model):
    pricing: _Pricing = _Pricing()


def check(document: dict[str, Any]) -> Settings:
    """Turn a decoded settings file into settings. Raises pydantic.ValidationError."""
    pricing = _Settings.model_validate(document).pricing
    return Settings(
        pricing=PricingSettings(
            multiplier=pricing.multiplier,
            regional_premium=pricing.regional_premium,
            aliases=pricing.aliases,
            models={name: OwnPrice(**price.model_dump()) for name, price in pricing.models.items()},
        ),
    )


def keys() -> list[str]:
    """Give the names of all settings."""
    return [*_Settings.model_fields, *_Pricing.model_fields, *_OwnPrice.model_fields]
