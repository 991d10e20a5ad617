#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Signatures by the Standard Webhooks reference library, as lines
# "secret TAB id TAB timestamp TAB body TAB signature", to compare ours with.
# Needs the package standardwebhooks; vectors.txt is what it printed.
import base64
import datetime

from standardwebhooks import Webhook

keys = [bytes(range(24)), bytes(range(100, 164)), b"\xff" * 32]
bodies = ["", "{}", '{"incident_id":"inc-1","service":"chat"}', '{"caf\u00e9":"\u4e2d\U0001f600"}', "a.b.c", "x" * 2000]
for i, body in enumerate(bodies):
    secret = "whsec_" + base64.b64encode(keys[i % len(keys)]).decode()
    when = datetime.datetime.fromtimestamp(1767225600 + i, tz=datetime.timezone.utc)
    print(secret, f"msg_{i}", 1767225600 + i, body, Webhook(secret).sign(f"msg_{i}", when, body), sep="\t")
