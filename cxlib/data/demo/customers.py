"""Who the customers are: planted group, when and how they came, and what the company knows about them."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from cxlib.data.demo import blocks
from cxlib.data.demo.blocks import BLOCK, Block, Flags, Floats, Ints
from cxlib.data.demo.truth import Truth

# How many earlier customers are tried as the one who referred; without success the column stays empty.
REFERRER_TRIES = 4


@dataclass(frozen=True)
class People:
    """One block's customers as arrays; positions into the truth's tuples where a name stands behind a number."""

    block: Block
    group: Ints
    joined: Ints
    region: Ints
    age: Ints
    arabic: Flags
    acquisition: Ints
    cost_cents: Ints
    referrer: Ints
    loyal: Flags
    treated: Flags
    opted_in: Flags
    consented: Flags
    satisfaction: Floats
    arm: Ints  # place in `Trial.names`; 0 where there is no trial

    @property
    def position(self) -> Ints:
        """Each customer's place in the whole company."""
        return self.block.first + np.arange(BLOCK)


def draw_people(truth: Truth, block: Block) -> People:
    """Simulate one block's customers."""
    rng = block.stream("people")
    group = blocks.pick(rng, [group.share for group in truth.groups], BLOCK)
    joined = _join_days(truth, rng)
    age = blocks.pick(rng, [age.share for age in truth.survey.ages], BLOCK)
    acquisition = blocks.pick(rng, [way.share for way in truth.acquisitions], BLOCK)
    return People(
        block=block,
        group=group,
        joined=joined,
        age=age,
        acquisition=acquisition,
        region=blocks.pick(rng, [share for _, share in truth.regions], BLOCK),
        arabic=rng.random(BLOCK) < truth.arabic,
        cost_cents=_costs(truth, acquisition, rng),
        referrer=_referrers(truth, block, joined, acquisition),
        loyal=rng.random(BLOCK) < by_group(truth, group, "loyalty"),
        treated=rng.random(BLOCK) < truth.campaign.treated_share,
        opted_in=rng.random(BLOCK) < truth.web.opted_in,
        consented=rng.random(BLOCK) < truth.web.consent,
        satisfaction=by_group(truth, group, "satisfaction")
        + np.array([age.satisfaction for age in truth.survey.ages])[age]
        + rng.normal(0, truth.survey.customer_sd, BLOCK),
        arm=_arms(truth, block),
    )


def _arms(truth: Truth, block: Block) -> Ints:
    """What each customer is drawn for."""
    if truth.trial is None:
        return np.zeros(BLOCK, dtype=np.int64)
    drawn = block.stream("trial").integers(len(truth.trial.names), size=BLOCK)
    whole = truth.trial.everybody
    return drawn if whole is None else np.full(BLOCK, truth.trial.names.index(whole))


def by_group(truth: Truth, group: Ints, parameter: str) -> Floats:
    """One parameter of each customer's group."""
    return np.array([getattr(each, parameter) for each in truth.groups], dtype=float)[group]


def _join_days(truth: Truth, rng: np.random.Generator) -> Ints:
    """Join days whose density grows linearly, by inverting its distribution function."""
    slope = truth.growth - 1
    u = rng.random(BLOCK)
    if abs(slope) < 1e-9:
        return (u * truth.days).astype(np.int64)
    share = (np.sqrt(1 + u * slope * (2 + slope)) - 1) / slope
    return (share * truth.days).astype(np.int64)


def _costs(truth: Truth, acquisition: Ints, rng: np.random.Generator) -> Ints:
    shape = np.array([way.cost_shape for way in truth.acquisitions])[acquisition]
    mean = np.array([way.mean_cost for way in truth.acquisitions])[acquisition]
    return blocks.hundredths(rng.gamma(shape, mean / shape))


def _referrers(truth: Truth, block: Block, joined: Ints, acquisition: Ints) -> Ints:
    """An earlier customer of the same block with a smaller number, so that every size of company holds them; or -1."""
    rng = np.random.default_rng(np.random.SeedSequence(block.seed, spawn_key=(block.number, 0, 1)))
    own = np.arange(BLOCK)
    tried = (rng.random((REFERRER_TRIES, BLOCK)) * own).astype(np.int64)
    earlier = (joined[tried] < joined) & (tried < own)
    referrer = tried[earlier.argmax(axis=0), own]
    referral = next((place for place, way in enumerate(truth.acquisitions) if way.channel == "referral"), -1)
    return np.where(earlier.any(axis=0) & (acquisition == referral), referrer + block.first, -1)


def customers_table(truth: Truth, people: People) -> pa.Table:
    """The canonical customers of one block, money in cents."""
    referrer = blocks.customer_id(np.maximum(people.referrer, 0)).to_numpy(zero_copy_only=False)
    table = pa.table(
        {
            "customer_id": blocks.customer_id(people.position),
            "joined_on": blocks.day_column(truth, people.joined),
            "region": blocks.name(people.region, [region for region, _ in truth.regions]),
            "age_band": blocks.name(people.age, [age.band for age in truth.survey.ages]),
            "language": blocks.name((~people.arabic).astype(np.int64), ["ar", "en"]),
            "acquisition_channel": blocks.name(people.acquisition, [way.channel for way in truth.acquisitions]),
            "acquisition_cost_cents": pa.array(people.cost_cents),
            "referred_by": pa.array(referrer, pa.string(), mask=people.referrer < 0),
            "loyalty_member": pa.array(people.loyal),
            "campaign_group": blocks.name((~people.treated).astype(np.int64), ["treated", "control"]),
            "email_opt_in": pa.array(people.opted_in),
        }
    )
    return table if truth.trial is None else table.append_column("arm", blocks.name(people.arm, truth.trial.names))
