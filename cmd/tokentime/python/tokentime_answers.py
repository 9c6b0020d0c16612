#!/usr/bin/env python3
"""Compute LLM latency metrics for the test vectors of tokentime, exactly.

    tokentime vectors | python3 tokentime_answers.py | tokentime vectors -check -

One vector comes in as a line of JSON, one line of answers goes out. Replace a
function below by a call of your own code to test that; delete from ANSWERS
what your code does not have.

All times are integers in nanoseconds, and quotients are fractions: there is no
float in this file. None stands for "undefined", which is never 0. The formulas
are those of arXiv:2507.09019 (TTFT, TBT, TPOT, normalized latency),
arXiv:2407.07000 (fluidity index), arXiv:2410.14257 (idle latency) and
arXiv:2404.16283 (QoE). Only the standard library of Python 3.8 is needed.
"""

import json
import sys
from fractions import Fraction


class Request:
    """The record of one request. An instant that is not known is None."""

    def __init__(self, record):
        self.due = record.get("due_ns")  # when the user wanted it to start
        self.sent = record.get("sent_ns")  # when the client sent it
        self.usage = record.get("usage_tokens")  # output tokens as the server counted
        self.instants = token_instants(record)  # t_1 .. t_N
        # Every latency counts from the instant the request was due: the time
        # it waited in the client is a wait, too.
        self.arrival = self.due if self.due is not None else self.sent

    @property
    def tokens(self):
        """N: what the server counted if it did, else what was delivered."""
        return self.usage if self.usage is not None else len(self.instants)


def token_instants(record):
    """Expand deliveries of k tokens at one instant into k instants.

    A delivery of 0 tokens is a control event, such as the chunk that holds the
    role and no text. It is no token.
    """
    instants = []
    at = record.get("at_ns", [])
    for t, k in zip(at, record.get("tokens", [1] * len(at))):
        instants.extend([t] * k)
    for run in record.get("repeat", []):  # how long streams are written
        for i in range(run["count"]):
            instants.extend([run["first_ns"] + i * run["gap_ns"]] * run["tokens"])
    return instants


# --- what the user lives through ------------------------------------------


def ttft(r):
    """Time to first token: t_1 - a."""
    if r.arrival is None or not r.instants:
        return None
    return r.instants[0] - r.arrival


def ttlt(r):
    """Time to last token: t_N - a. Not the end of the stream, which is later."""
    if r.arrival is None or not r.instants:
        return None
    return r.instants[-1] - r.arrival


def decode_time(r):
    """T_d = t_N - t_1."""
    return r.instants[-1] - r.instants[0] if r.instants else None


def tbt(r):
    """Times between tokens. Of k tokens that come at once, k - 1 gaps are 0."""
    return [later - earlier for earlier, later in zip(r.instants, r.instants[1:])]


def stall(r):
    """The largest gap."""
    return max(tbt(r), default=None)


# --- the same per token ---------------------------------------------------


def tpot(r):
    """Time per output token: T_d / (N - 1), for N tokens have N - 1 gaps."""
    total = decode_time(r)
    if total is None or r.tokens < 2:
        return None
    return Fraction(total, r.tokens - 1)


def normalized_latency(r):
    """TTLT / N, the wait for the first token included."""
    total = ttlt(r)
    if total is None or r.tokens < 1:
        return None
    return Fraction(total, r.tokens)


# --- deadlines ------------------------------------------------------------


def fluidity(r, prefill, decode):
    """Deadlines met and missed.

    The first token is due D_p after the arrival, each later one D_d after the
    deadline before it. A late token restarts the schedule from its own
    instant, and has missed one deadline more than fit into its lateness.
    """
    hits = misses = 0
    if r.arrival is None:
        return hits, misses
    due = r.arrival + prefill
    for t in r.instants:
        if t <= due:
            hits += 1
        else:
            misses += (t - due) // decode + 1
        due = max(due, t) + decode
    return hits, misses


def fluidity_index(r, prefill, decode):
    """The share of deadlines that were met; undefined without a deadline."""
    hits, misses = fluidity(r, prefill, decode)
    return Fraction(hits, hits + misses) if hits + misses else None


# --- a reader -------------------------------------------------------------


def idle_latency(r, per_token, tolerance):
    """How long a reader who takes per_token for a token had to wait."""
    if r.arrival is None or not r.instants:
        return None
    wanted = r.arrival + tolerance
    idle = 0
    for t in r.instants:
        wanted += per_token
        idle = max(idle, t - wanted)
    return idle


def qoe(r, first, per_token):
    """Andes' quality of experience: 1 - delay / (whole length)."""
    if r.arrival is None or not r.instants:
        return None
    delay = 0
    actual = None  # when the reader gets to the token
    ideals = 0
    ideal = r.arrival + first
    for t in r.instants:
        actual = max(t, ideal if actual is None else actual + per_token)
        delay += actual - ideal
        ideals += ideal
        ideal += per_token
    if delay == 0:
        return Fraction(1)
    return 1 - Fraction(delay, len(r.instants) * actual - ideals)


# --- the protocol ---------------------------------------------------------

ANSWERS = {
    "ttft_ns": lambda r, p: ttft(r),
    "ttlt_ns": lambda r, p: ttlt(r),
    "decode_ns": lambda r, p: decode_time(r),
    "stall_ns": lambda r, p: stall(r),
    "tbt_ns": lambda r, p: run_lengths(tbt(r)),
    "tpot_ns": lambda r, p: tpot(r),
    "normalized_latency_ns": lambda r, p: normalized_latency(r),
    "fluidity_index": lambda r, p: fluidity_index(r, p["prefill_deadline_ns"], p["decode_deadline_ns"]),
    "fluidity_hits": lambda r, p: fluidity(r, p["prefill_deadline_ns"], p["decode_deadline_ns"])[0],
    "fluidity_misses": lambda r, p: fluidity(r, p["prefill_deadline_ns"], p["decode_deadline_ns"])[1],
    "idle_latency_ns": lambda r, p: idle_latency(r, p["per_token_ns"], p["tolerance_ns"]),
    "qoe": lambda r, p: qoe(r, p["qoe_ttft_ns"], p["qoe_per_token_ns"]),
}


def run_lengths(gaps):
    """[20, 20, 0] as [[20, 2], [0, 1]]: streams can be long."""
    runs = []
    for gap in gaps:
        if runs and runs[-1][0] == gap:
            runs[-1][1] += 1
        else:
            runs.append([gap, 1])
    return runs


def as_json(value):
    """A fraction is {"num": n, "den": d}; everything else is itself."""
    if isinstance(value, Fraction):
        return {"num": value.numerator, "den": value.denominator}
    return value


def main():
    for line in sys.stdin:
        vector = json.loads(line)
        request = Request(vector["request"])
        answers = {key: as_json(of(request, vector["parameters"])) for key, of in ANSWERS.items()}
        print(json.dumps({"name": vector["name"], "answers": answers}))


if __name__ == "__main__":
    main()
