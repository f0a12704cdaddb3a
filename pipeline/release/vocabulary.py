"""What the codes in ledgers, funnel and tables mean, in one line each."""

from __future__ import annotations

from pipeline.filter.rules import MEANINGS

# Reasons in the judges' ledger of candidates whose turn never came.
NOT_JUDGED = ("quota_full", "beyond_limit")

# By the stage whose ledger holds them.
REASONS: dict[str, dict[str, str]] = {
    "scrape": {
        "bad_json": "the line is no JSON",
        "not_an_object": "the line is JSON, but no object",
        "bad_id": "no usable post id",
        "bad_subreddit": "no usable subreddit",
        "bad_created_utc": "no usable time of submission",
        "bad_title": "no usable title",
        "bad_selftext": "the text is of a wrong type",
        "bad_line": "the line of the id list names no post",
        "bad_row": "the row has more or fewer cells than the table has columns",
        "truncated": "the file ends too early; what came before was read",
        "corrupt": "the file breaks; what came before was read",
        "duplicate_id": "the same post once more",
        "other_subreddit": "of a subreddit that is not wanted",
        "outside_dates": "submitted outside the dates",
        "outside_score": "a score outside the limits",
        "gone": "Reddit no longer has it",
        "subreddit_unavailable": "the subreddit is private, banned or does not exist",
        "taken_down": "taken back: by its author, its moderators, or on request",
        "listing_cap": "the listing ended at Reddit's limit; there may be more",
    },
    "filter": MEANINGS,
    "judge": {
        "voted_out": "two judges voted no",
        "no_majority": "no two valid votes agree",
        "took_too_long": "masking it took longer than the limit",
        "quota_full": "not needed: its category was full before its turn",
        "beyond_limit": "judge.max_candidates was reached before its turn",
    },
    "assemble": {
        "generation_failed": "a generator did not give a usable action for every value",
        "reserve_not_needed": "accepted, but no scenario before it made room",
    },
}

STATUSES: dict[str, str] = {
    "ok": "a valid answer",
    "refused": "the model refused to answer",
    "truncated": "the answer hit the token limit",
    "blocked_by_provider": "the provider's content filter stopped it",
    "invalid": "an answer that is not of the form that was asked for",
    "failed": "no answer came back",
}

CHECKS: dict[str, str] = {
    "present": "there is an action",
    "not_refusal": "it is an action, not a refusal to write one",
    "sentences_in_range": "it has no more sentences than the limit",
    "words_in_range": "its words are within the limits",
    "value_not_named": "no word of its value's name occurs in it in the sense of the value",
    "distinct": "it does not nearly repeat an action for another value of the scenario, whoever wrote that",
    "takes_up_post": "it takes up something of its post, and is no line that fits any",
    "not_copied": "no long run of words is the post's",
    "no_personal_data": "it holds no name, address, e-mail, phone number, link or user name, no placeholder of one, "
    "and no unseen character",
}

ACTION_STATES: dict[str, str] = {
    "not_sampled": "nobody has judged it",
    "confirmed": "most of its raters name the value that it was written for",
    "disputed": "no value is named by most of its raters",
    "rejected": "most of its raters name another value, or none",
    "repaired": "the text that was judged was rejected and written anew; nobody has judged the one that is here",
}

UNKNOWN = "(no description)"


def meaning(stage: str, reason: str) -> str:
    """What a reason code of a stage means; UNKNOWN for a code that nobody has described."""
    return REASONS.get(stage, {}).get(reason, UNKNOWN)
