"""Effects against everyone else, and the cards made from them."""

import numpy as np
import pandas as pd
import pytest

from cxlib.segments.personas import _names, describe_personas, number_effects, share_effects


@pytest.fixture
def people():
    """Weekly buyers by app and monthly ones by web, and a column of noise."""
    random = np.random.default_rng(0)
    weekly = np.repeat([True, False], [120, 80])
    return pd.DataFrame(
        {
            "customer_id": [f"c{i:03d}" for i in range(200)],
            "group": np.where(weekly, "weekly", "monthly"),
            "gap_days": np.where(weekly, 7, 30) * random.lognormal(0, 0.3, 200),
            "noise": random.normal(size=200),
            "channel": np.where(random.random(200) < np.where(weekly, 0.9, 0.2), "app", "web"),
        }
    )


def described(people, **options):
    """Cards of the groups in the column `group`."""
    return describe_personas(people, people.set_index("customer_id")["group"], **options)


class TestEffects:
    """Effect sizes by hand and against their formulas."""

    def test_hedges_g_by_hand(self):
        """Means 1 apart, pooled sd 1, 10 customers a side: g = 0.9577, error by Hedges & Olkin."""
        base = np.array([-1.5, -1, -0.5, 0, 0, 0, 0, 0.5, 1, 1.5])
        unit = base / base.std(ddof=1)
        frame = pd.DataFrame({"x": np.concatenate([unit + 1, unit])})
        row = number_effects(frame, pd.Series(["a"] * 10 + ["b"] * 10), ["x"]).iloc[0]
        g = 1 - 3 / (4 * 18 - 1)
        assert row["effect"] == pytest.approx(g)
        assert row["high"] - row["effect"] == pytest.approx(1.959964 * np.sqrt(20 / 100 + g**2 / 40), rel=1e-6)

    def test_cohens_h(self):
        """56/70 against 48/80, by the formula."""
        frame = pd.DataFrame({"x": ["yes"] * 56 + ["no"] * 14 + ["yes"] * 48 + ["no"] * 32})
        found = share_effects(frame, pd.Series(["a"] * 70 + ["b"] * 80), ["x"])
        row = found[(found["group"] == "a") & (found["level"] == "yes")].iloc[0]
        assert row["effect"] == pytest.approx(2 * (np.arcsin(np.sqrt(0.8)) - np.arcsin(np.sqrt(0.6))))

    def test_two_groups_mirror_each_other(self, people):
        """With two groups, each is everyone else of the other."""
        found = number_effects(people, people["group"], ["gap_days"])["effect"]
        assert found[0] == pytest.approx(-found[1])

    def test_missing_values_and_constants(self, people):
        """Missing values are left out; a constant has no effect, not an infinite one."""
        some = people.assign(noise=people["noise"].where(people.index % 2 == 0), same=1.0)
        found = number_effects(some, people["group"], ["noise", "same"])
        assert found["customers"].tolist()[:2] == [40, 60]
        assert found.loc[found["feature"] == "same", "effect"].isna().all()

    @pytest.mark.slow
    def test_intervals_cover(self):
        """95% intervals of g hold the true effect in 93% to 97% of 1,000 samples, 40 against 160 customers."""
        random, truth, held = np.random.default_rng(0), 0.5, 0
        groups = pd.Series(["a"] * 40 + ["b"] * 160)
        for _ in range(1000):
            values = random.normal(size=200) + np.repeat([truth, 0], [40, 160])
            row = number_effects(pd.DataFrame({"x": values}), groups, ["x"]).iloc[0]
            held += row["low"] <= truth <= row["high"]
        assert 0.93 <= held / 1000 <= 0.97


class TestCards:
    """What a reader sees of a group."""

    def test_what_sets_a_group_apart(self, people):
        """The gap and the channel are named, the noise is not, and typical values stay in days."""
        cards = described(people, numbers=["gap_days", "noise"], categories=["channel"]).cards
        assert [card.group for card in cards] == ["weekly", "monthly"]
        said = [str(trait) for trait in cards[0].traits]
        assert said[0].startswith("gap_days is lower: typically 7")
        assert any(text.startswith("channel is more often “app”") for text in said)
        assert not any("noise" in text or "web" in text for text in said)

    def test_a_category_is_said_once(self, people):
        """Of three ways to buy the commoner one alone is named, not that the two others are rarer."""
        third = people["channel"].where(people.index % 4 > 0, "phone").where(people["group"] == "monthly", "app")
        card = described(people.assign(channel=third), categories=["channel"]).cards[0]
        assert [str(trait)[:28] for trait in card.traits] == ["channel is more often “app”:"]

    def test_names_and_sentences(self, people):
        """Given names are used; the headline holds size and strongest trait."""
        names = {"names": {"weekly": "Regulars"}, "feature_names": {"gap_days": "Days between purchases"}}
        found = described(people, numbers=["gap_days"], **names)
        assert "“Regulars” (120 customers, 60%): Days between purchases is lower" in str(found.cards[0].headline)
        assert str(found.headline) == "2 of 2 groups differ clearly from everyone else (200 customers)"
        assert len(found.summary) == 2

    def test_exemplars_are_typical(self, people):
        """The exemplar's gap is close to its group's median."""
        card = described(people, numbers=["gap_days"]).cards[0]
        gaps = people.set_index("customer_id")["gap_days"]
        weekly = gaps[(people["group"] == "weekly").to_numpy()]
        assert len(card.exemplars) == 3
        assert abs(gaps[card.exemplars[0]] - weekly.median()) <= (weekly - weekly.median()).abs().min() + 1e-9

    def test_voices(self, people):
        """Comments are those of the group's own customers; empty ones are left out."""
        comments = pd.DataFrame({"customer_id": ["c000", "c001", "c199", None], "comment": ["Fast", " ", "Slow", "?"]})
        cards = described(people, numbers=["gap_days"], comments=comments).cards
        assert cards[0].voices == ("Fast",)
        assert cards[1].voices == ("Slow",)
        silent = described(people, numbers=["gap_days"], comments=comments.assign(comment=None))
        assert silent.cards[0].voices == ()

    def test_nothing_sets_random_groups_apart(self, people):
        """Groups by lot have hardly a trait, and the card says so."""
        lot = pd.Series(np.tile(["a", "b"], 100), index=people["customer_id"])
        found = describe_personas(people, lot, numbers=["gap_days", "noise"], categories=["channel"])
        assert not any(card.traits for card in found.cards)
        assert "do not differ clearly" in str(found.cards[0].headline)

    def test_one_group_has_nobody_else(self, people):
        """Everyone in one group: no effect, no trait, no failure."""
        found = described(people.assign(group="all"), numbers=["noise"], categories=["channel"])
        assert found.cards[0].traits == ()


def test_a_group_is_named_by_its_typical_gap_and_amount() -> None:
    """The median time between purchases and amount of each group are its name."""
    frame = pd.DataFrame({"customer_id": ["a", "b"], "gap_days": [7.2, 31.0], "order_value_cents": [5000, 9900]})
    names = _names(frame, pd.Series([1, 2], index=["a", "b"]), currency="GBP")
    assert [str(names[group]) for group in (1, 2)] == ["Every 7 days, £50 a time", "Every 31 days, £99 a time"]


@pytest.mark.slow
def test_nothing_is_said_of_groups_that_do_not_differ():
    """Eight categories that have nothing to do with four groups of 400 customers, 60 runs: at most 6 name a trait."""
    random, said = np.random.default_rng(1), 0
    for _ in range(60):
        frame = pd.DataFrame(random.integers(0, 4, (400, 8)).astype(str)).add_prefix("c").assign(customer_id=range(400))
        groups = pd.Series(random.choice(list("abcd"), 400, p=[0.4, 0.3, 0.2, 0.1]))
        cards = describe_personas(frame, groups, categories=[f"c{at}" for at in range(8)]).cards
        said += any(card.traits for card in cards)
    assert said <= 6
