"""Logs and observations judged by a policy: which requests, origins and routes change verdict.

An engine reads the logs and groups their requests (`grouping`, expressed once in Ibis); only distinct combinations come back and
are judged (`judging`, `tally`). What a log does not carry is reported, never assumed. `replaying.replay` is the way in; the
engines' packages are imported by nothing else here.
"""
