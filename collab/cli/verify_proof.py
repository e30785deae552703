"""Checks a history file of collab with nothing but Python: python3 verify_proof.py FILE [DIGEST]"""

import hashlib
import json
import sys
import time

if __name__ == "__main__":
    number, said, began = 1, "", ""
    try:
        with open(sys.argv[1], "rb") as file:
            first = json.loads(file.readline())
            digest = hashlib.sha256(b"collab.v1\n" + first["document"].encode()).digest()
            for number, line in enumerate(file, 2):
                value = json.loads(line)
                if number > first["version"] + 1:
                    said = "" if said else value["digest"]  # nothing may follow it
                elif value[4] != number - 1:
                    raise ValueError(f"this is not event {number - 1}")
                else:
                    digest = hashlib.sha256(digest + line.rstrip(b"\n")).digest()
                    ended = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(value[6] // 1_000_000))
                    began = began or ended
        print(f"{first['document']}: {first['version']} events, {began} to {ended}\ndigest {digest.hex()}")
    except Exception as error:
        sys.exit(f"WRONG: line {number}: {error!r}")
    noted = sys.argv[2].lower() if sys.argv[2:] else said
    if not digest.hex() == said == noted:
        sys.exit(f"WRONG: the file ends with digest {said or '(none)'}, and {noted or '(none)'} was noted")
    print("OK")
