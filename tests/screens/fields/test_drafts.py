"""Drafts: kept until they are used."""

from __future__ import annotations

from metertui.screens.fields.drafts import Drafts


def test_a_draft_is_kept_until_it_is_used() -> None:
    drafts = Drafts()
    for text in ("s", "storm"):
        drafts.note("void m-1", "reason", text)
    drafts.note("tariffs", "text", "…")
    assert dict(drafts.of("void m-1")) == {"reason": "storm"}
    drafts.drop("void m-1")
    drafts.drop("void m-1")
    assert dict(drafts.of("void m-1")) == {}
    assert dict(drafts.of("tariffs")) == {"text": "…"}
    draft = drafts.field("walk", "email")
    assert draft.text is None
    draft.note("ada")
    assert draft.text == drafts.of("walk")["email"] == "ada"
