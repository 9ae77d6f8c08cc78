"""Styles of a widget from the few rules that can concern it.

For each widget that is mounted or styled again, and for each of its component classes, Textual goes through all rules
of the app, some 450, and follows the selectors of those that are left from the app down to the widget: a tenth of the
time in which a screen opens.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from weakref import WeakKeyDictionary

from textual.css.match import _check_selectors
from textual.css.model import CombinatorType, RuleSet
from textual.css.stylesheet import Stylesheet
from textual.css.types import Specificity3
from textual.dom import DOMNode

_apply = Stylesheet.apply


class _Excerpt(Stylesheet):
    """The rules of a sheet that are for some names, in their order there."""

    def __init__(self, rules_map: dict[str, list[RuleSet]], rules: list[RuleSet]) -> None:
        self._require_parse = False
        self._rules_map = rules_map
        self._rules = rules

    @classmethod
    def _check_rule(cls, rule_set: RuleSet, css_path_nodes: list[DOMNode]) -> Iterable[Specificity3]:
        # What a selector ends in is the node's own, and mostly it is not like that.
        node = css_path_nodes[-1]
        for each in rule_set.selector_set:
            *others, own = each.selectors
            if own.check(node) and (
                (not others and own.combinator == CombinatorType.DESCENDENT)
                or _check_selectors(each.selectors, css_path_nodes)
            ):
                yield each.specificity

    def _process_component_classes(self, node: DOMNode) -> None:
        """Leave them to the whole sheet: other rules are for them."""


class _Excerpts:
    """The excerpts of a sheet, by the names that they are for."""

    def __init__(self, sheet: Stylesheet) -> None:
        self.rules_map = sheet.rules_map
        self._rules = sheet.rules
        self._places: dict[str, list[int]] = {}
        """Of the rules for a name."""
        for place, rule in enumerate(self._rules):
            for name in rule.selector_names:
                self._places.setdefault(name, []).append(place)
        self._excerpts: dict[frozenset[str], _Excerpt] = {}

    def of(self, node: DOMNode) -> _Excerpt:
        """Return the rules that can concern a node."""
        names = frozenset(self.rules_map.keys() & node._selector_names)
        found = self._excerpts.get(names)
        if found is None:
            places = sorted({place for name in names for place in self._places[name]})
            rules = [self._rules[place] for place in places]
            found = self._excerpts[names] = _Excerpt({name: self.rules_map[name] for name in names}, rules)
        return found


_sheets: WeakKeyDictionary[Stylesheet, _Excerpts] = WeakKeyDictionary()


def _apply_excerpt(sheet: Stylesheet, node: DOMNode, **how: Any) -> None:
    """Style a node as `Stylesheet.apply` does."""
    excerpts = _sheets.get(sheet)
    if excerpts is None or excerpts.rules_map is not sheet.rules_map:  # its rules were read anew
        excerpts = _sheets[sheet] = _Excerpts(sheet)
    _apply(excerpts.of(node), node, **how)
    sheet._process_component_classes(node)


Stylesheet.apply = _apply_excerpt  # type: ignore[method-assign,assignment]
