"""Near-duplicates: exactly those at or above the threshold, the first of a family stays."""

import random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.filter import duplicates
from pipeline.filter.duplicates import _compare, _digests, find_duplicates, jaccard, shingles, sieve
from pipeline.params.posts import NearDuplicates

SETTINGS = NearDuplicates()


def text(seed, words=80):
    dice = random.Random(seed)
    return [f"w{dice.randint(0, 500)}" for _ in range(words)]


def changed(words, places):
    return [f"other{i}" if i in places else word for i, word in enumerate(words)]


def test_a_lightly_edited_copy_is_found_and_a_rewritten_one_is_not():
    original = text(1)
    pairs = [
        ("a", " ".join(original)),
        ("b", " ".join(changed(original, {10, 60}))),
        ("c", " ".join(changed(original, set(range(0, 80, 4))))),
        ("d", " ".join(text(2))),
    ]
    found = find_duplicates(pairs, SETTINGS)
    assert set(found) == {"b"}
    assert found["b"][0] == "a"
    assert found["b"][1] == jaccard(shingles(pairs[0][1], 3), shingles(pairs[1][1], 3))


@given(seed=st.integers(0, 10**6), edits=st.lists(st.integers(0, 79), max_size=12, unique=True))
@settings(max_examples=80, deadline=None, derandomize=True)
def test_what_is_reported_is_as_similar_as_it_says_and_clear_cases_are_reported(seed, edits):
    one, other = " ".join(text(seed)), " ".join(changed(text(seed), set(edits)))
    found = find_duplicates([("a", one), ("b", other)], SETTINGS)
    similarity = jaccard(shingles(one, 3), shingles(other, 3))
    assert ("b" in found) == (similarity >= SETTINGS.similarity)


def test_a_hundred_families_in_a_thousand_posts_are_told_apart():
    posts = [
        (f"p{family}x{copy}", " ".join(changed(text(family), {copy * 7})))
        for copy in range(10)
        for family in range(100)
    ]
    found = find_duplicates(posts, SETTINGS)
    assert len(found) == 900
    assert all(key.split("x")[0] == original.split("x")[0] for key, (original, _) in found.items())
    assert all(original.endswith("x0") for original, _ in found.values())


def test_hashes_on_disk_give_what_hashes_in_memory_give(monkeypatch):
    posts = [(f"p{n}", " ".join(changed(text(n // 2), {n % 7}))) for n in range(2100)]
    found, tables = find_duplicates(posts, SETTINGS), []
    monkeypatch.setattr(duplicates, "IN_MEMORY", 1000)
    monkeypatch.setattr(
        np, "memmap", lambda *a, memmap=np.memmap, **k: tables.append(memmap(*a, **k)) or tables[-1]
    )
    assert find_duplicates(posts, SETTINGS) == found
    assert len(found) > 900
    assert [table.shape for table in tables] == [(32, 2100)]


def test_texts_shorter_than_a_shingle_are_compared_whole():
    assert set(find_duplicates([("a", "two words"), ("b", "Two words"), ("c", "three")], SETTINGS)) == {"b"}
    assert find_duplicates([], SETTINGS) == {}


@given(seed=st.integers(0, 10**6), copies=st.lists(st.integers(0, 40), min_size=30, max_size=60))
@settings(max_examples=20, deadline=None, derandomize=True)
def test_the_sieve_changes_nothing_and_keeps_only_what_shares_a_band(seed, copies):
    posts = [
        (f"p{number}", " ".join(changed(text(f"{seed}/{family}"), {number % 80, number * 7 % 80})))
        for number, family in enumerate(copies)
    ]
    shared = sieve(len(posts), _digests(posts, SETTINGS), SETTINGS)
    assert find_duplicates(posts, SETTINGS) == _compare(posts, SETTINGS)
    assert [copies.count(family) > 1 for family in copies] == shared.tolist()
