"""Sentences as a page needs them."""

from django import template

register = template.Library()


@register.filter
def beyond(sentence: str, word: str) -> str:
    """What the sentence says beyond a word that already stands before it."""
    return sentence.removeprefix(word).lstrip() if sentence.startswith(f"{word} ") else sentence
