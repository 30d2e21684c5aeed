#!/usr/bin/env python3
"""Checks an exported ledger without Kapstone: python3 audit-check.py LEDGER KEYS [HEAD...]

LEDGER is what "kapstone audit export" wrote, KEYS what GET /api/v1/keys
answers, each HEAD a signed head that was noted at another time. Needs Python 3
and openssl. Ends with 0 when everything holds, else with 1 and the first row
that does not.
"""
import base64
import hashlib
import json
import subprocess
import sys
import tempfile

FIELDS = ["seq", "at", "actor", "session", "address", "request_id", "action", "object", "details", "prev"]


def fail(why):
    sys.exit("does not hold: " + why)


def digest(entry):
    """The SHA-256 of all fields, each with its length in bytes before it."""
    parts = (str(entry[field]).encode() for field in FIELDS)
    return hashlib.sha256(b"".join(b"%d:%s," % (len(part), part) for part in parts)).hexdigest()


def signed(head, keys):
    """Whether one of the keys signed the head."""
    if head["kid"] not in keys:
        return False
    x = keys[head["kid"]]["x"]
    # An Ed25519 public key as openssl reads it is twelve fixed bytes and the key.
    der = bytes.fromhex("302a300506032b6570032100") + base64.urlsafe_b64decode(x + "=" * (-len(x) % 4))
    text = "kapstone ledger head 1\n%d\n%s\n%d\n" % (head["seq"], head["hash"], head["at"])
    with tempfile.NamedTemporaryFile() as key, tempfile.NamedTemporaryFile() as message, tempfile.NamedTemporaryFile() as signature:
        for file, data in (key, der), (message, text.encode()), (signature, base64.b64decode(head["signature"])):
            file.write(data)
            file.flush()
        return subprocess.run(
            ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", key.name, "-rawin",
             "-in", message.name, "-sigfile", signature.name], capture_output=True).returncode == 0


def main(ledger, keys, *noted):
    keys = {key["kid"]: key for key in json.load(open(keys, encoding="utf-8"))["keys"]}
    hashes, last, head = {}, "0" * 64, None
    for text in open(ledger, encoding="utf-8"):
        entry = json.loads(text)
        if "head" in entry:
            head = entry["head"]
            break
        number = len(hashes) + 1
        if entry["seq"] != number:
            fail("entry %d is missing" % number)
        if entry["prev"] != last:
            fail("entry %d does not follow the one before it" % number)
        if entry["hash"] != digest(entry):
            fail("entry %d was changed" % number)
        hashes[number] = last = entry["hash"]
    if head is None:
        fail("the export ends without a signed head, after entry %d" % len(hashes))
    if head["seq"] != len(hashes):
        fail("the export ends with entry %d, but the head is of entry %d" % (len(hashes), head["seq"]))
    for h in [head] + [json.load(open(file, encoding="utf-8")) for file in noted]:
        if not signed(h, keys):
            fail("none of the keys signed the head of entry %d" % h["seq"])
        if hashes.get(h["seq"]) != h["hash"]:
            fail("entry %d is not the one whose head was signed" % h["seq"])
    print("%d entries hold; head %s" % (len(hashes), last))


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
