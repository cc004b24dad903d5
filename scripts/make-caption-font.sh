#!/usr/bin/env bash
# Cuts Noto Sans SC down to the characters that captions use. Run it when a text gets new characters: a test says so.
#
# Needs: apt-get install fonts-noto-cjk python3-fonttools
set -euo pipefail
cd "$(dirname "$0")/.."

NOTO="${NOTO:-/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc}"
SIMPLIFIED_CHINESE=2 # which font of the collection
TEXTS=src/main/resources/org/lsq4j/report/text
FONT=src/main/resources/org/lsq4j/report/style/noto-sans-sc-captions.otf

for python in /usr/bin/python3 python3; do
  "$python" -c 'import fontTools' 2>/dev/null && break
done

characters="$(mktemp)"
trap 'rm -f "$characters"' EXIT
cat "$TEXTS"/*.properties >"$characters"
"$python" -m fontTools.subset "$NOTO" --font-number="$SIMPLIFIED_CHINESE" \
  --text-file="$characters" --unicodes="U+0020-007E,U+00A0-00FF,U+0302,U+0391-03C9,U+2010-2026,U+2032,U+2190-2193,U+2212,U+2248,U+2260,U+2264,U+2265" \
  --layout-features='kern,mark,ccmp' --no-hinting --name-IDs='0,1,2,3,4,5,6,13,14' --output-file="$FONT"
ls -l "$FONT"
