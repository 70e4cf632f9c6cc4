"""Write what this code makes of the golden measurements; a change is read as a diff."""

import json

from tests.analysis.golden import EXPECTED, made

if __name__ == "__main__":
    EXPECTED.write_text(json.dumps(made(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{EXPECTED} written")
