"""Finding items and users of a scene by words, among all of them."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from app.gateway.files import workspace
from app.gateway.scenes import open_scene

_MOST_ITEMS = 24
_MOST_USERS = 200


@dataclass(frozen=True)
class Found:
    """Ids that match, best first, and how many more match than are listed."""

    ids: list[str]
    more: int


def item_names(scene_key: str) -> dict[str, str]:
    """What to call each item of a scene: `title (id)`, or the id alone where it has no title."""
    return _item_names(scene_key, str(workspace().home))


def find_items(scene_key: str, words: str) -> Found:
    """The items whose title and id contain every word; no words match all of them.

    The item with exactly that id comes first, then the most frequent ones.
    """
    return _find_items(scene_key, str(workspace().home), _normal(words))


def find_users(scene_key: str, words: str) -> Found:
    """The users whose id contains every word, the one with exactly that id first, then in the
    order of the scene."""
    return _find_users(scene_key, str(workspace().home), _normal(words))


def _normal(words: str) -> str:
    return " ".join(words.casefold().split())


# `home` is there to be a part of what the caches know a scene by.
@st.cache_resource(max_entries=3, show_spinner=False)
def _item_names(scene_key: str, home: str) -> dict[str, str]:
    scene = open_scene(scene_key)
    return {
        item_id: f"{title} ({item_id})" if title else item_id
        for item_id, title in zip(scene.item_ids, scene.titles, strict=True)
    }


@st.cache_data(max_entries=64, show_spinner=False)
def _find_items(scene_key: str, home: str, words: str) -> Found:
    scene = open_scene(scene_key)
    times = np.bincount(scene.items, minlength=scene.vocabulary_size)[1:]
    places = _places(list(_item_names(scene_key, home).values()), words)
    places.sort(key=lambda place: (scene.item_ids[place].casefold() != words, -times[place]))
    return _listed(scene.item_ids, places, _MOST_ITEMS)


@st.cache_data(max_entries=64, show_spinner=False)
def _find_users(scene_key: str, home: str, words: str) -> Found:
    users = open_scene(scene_key).user_ids
    places = _places(users, words)
    places.sort(key=lambda place: users[place].casefold() != words)
    return _listed(users, places, _MOST_USERS)


def _places(texts: list[str], words: str) -> list[int]:
    """Where every word occurs."""
    wanted = words.split()
    folded = (text.casefold() for text in texts)
    return [place for place, text in enumerate(folded) if all(word in text for word in wanted)]


def _listed(ids: list[str], places: list[int], most: int) -> Found:
    return Found([ids[place] for place in places[:most]], max(0, len(places) - most))
