#!/usr/bin/env bash
# Speaks a short two-person meeting into a stereo 44.1 kHz 16-bit WAV, the same bytes every time.
#
#   scripts/make_speech.sh OUT.wav
#
# Beside OUT.wav it writes OUT.json: what is said, by which voice, and when. flite speaks, one speaker
# sits left and one right, and sox lays room noise under them, about 27 dB below the voices.
set -euo pipefail

readonly RATE=44100
readonly VOICE_DB=-23
readonly PINK_DB=-53
readonly BROWN_DB=-54
readonly LEAD_MS=2200
readonly STRETCH=1.1

# voice | pause after it in milliseconds | sentence
readonly SCRIPT='rms|900|We have three things to talk about today.
slt|1500|The first thing is the new building.
rms|1200|Can you tell us more about the new building?
slt|2000|The building will be ready in January.
rms|800|Do we have enough money for the rest of the year?
slt|1700|We have enough money for the rest of the year.
rms|600|When will the project be finished?
slt|1400|The project will be finished in December.
rms|1900|That is very good news for the company.
slt|2000|The next meeting will be on Thursday afternoon.'

main() {
    if [ $# -ne 1 ]; then
        echo "usage: $0 OUT.wav" >&2
        exit 2
    fi
    local out=$1 tool
    for tool in flite sox; do
        command -v "$tool" >/dev/null || fail "$tool is not installed; scripts/setup.sh installs it"
    done
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    mkdir -p "$(dirname "$out")"

    speak_all "$work"
    add_room "$work/dry.wav" "$work/wet.wav"
    mv "$work/wet.wav" "$out"
    mv "$work/truth.json" "${out%.wav}.json"
}

fail() {
    echo "make_speech: $1" >&2
    exit 1
}

# Lays the sentences and pauses end to end in $1/dry.wav and writes $1/truth.json.
speak_all() {
    local dir=$1 voice pause text index=0 position rows=()
    local -a parts
    silence "$dir/lead.wav" "$LEAD_MS"
    parts=("$dir/lead.wav")
    position=$(soxi -s "$dir/lead.wav")
    while IFS='|' read -r voice pause text; do
        local said=$dir/said-$index.wav gap=$dir/gap-$index.wav length
        speak "$voice" "$text" "$said"
        silence "$gap" "$pause"
        length=$(soxi -s "$said")
        rows+=("$(row "$voice" "$text" "$position" $((position + length)))")
        position=$((position + length + $(soxi -s "$gap")))
        parts+=("$said" "$gap")
        index=$((index + 1))
    done <<<"$SCRIPT"
    sox -R "${parts[@]}" "$dir/dry.wav"
    local body
    body=$(printf '    %s,\n' "${rows[@]}")
    printf '{\n  "sample_rate": %d,\n  "sentences": [\n%s\n  ]\n}\n' "$RATE" "${body%,}" >"$dir/truth.json"
}

# Speaks $2 with voice $1 into $3: trimmed to the speech, at the level of every other sentence, panned to its side.
speak() {
    local voice=$1 text=$2 out=$3 level
    local -a pan
    case $voice in
        rms) pan=(remix 1v0.95 1v0.30) ;;
        slt) pan=(remix 1v0.30 1v0.95) ;;
        *) fail "no place in the room for voice $voice" ;;
    esac
    flite -voice "$voice" --setf duration_stretch=$STRETCH -t "$text" -o "$out.raw.wav" >/dev/null
    sox -R "$out.raw.wav" "$out.cut.wav" silence 1 0.01 0.4% reverse silence 1 0.01 0.4% reverse
    level=$(rms_db "$out.cut.wav")
    sox -R "$out.cut.wav" -r "$RATE" -b 16 "$out" \
        gain "$(awk "BEGIN { print $VOICE_DB - ($level) }")" rate -v "$RATE" "${pan[@]}"
}

rms_db() {
    sox "$1" -n stats 2>&1 | awk '/^RMS lev dB/ { print $4 }'
}

silence() {
    sox -R -n -r "$RATE" -c 2 -b 16 "$1" trim 0 "$(awk "BEGIN { printf \"%.3f\", $2 / 1000 }")"
}

row() {
    awk -v voice="$1" -v text="$2" -v start="$3" -v end="$4" -v rate="$RATE" 'BEGIN {
        printf "{\"text\": \"%s\", \"voice\": \"%s\", \"start_s\": %.3f, \"end_s\": %.3f}",
            text, voice, start / rate, end / rate
    }'
}

# Mixes pink hiss and brown rumble under $1 and writes $2.
add_room() {
    local samples
    samples=$(soxi -s "$1")
    noise pinknoise "$PINK_DB" "$samples" "$1.pink.wav"
    noise brownnoise "$BROWN_DB" "$samples" "$1.brown.wav"
    sox -R -m -v 1 "$1" -v 1 "$1.pink.wav" -v 1 "$1.brown.wav" -b 16 "$2"
}

# $3 stereo samples of sox noise $1 at $2 dB in $4.
noise() {
    local kind=$1 target=$2 samples=$3 out=$4 level
    sox -R -n -r "$RATE" -c 2 -b 32 "$out.full.wav" synth "${samples}s" "$kind" "$kind" gain -18 highpass 30
    level=$(rms_db "$out.full.wav")
    sox -R "$out.full.wav" "$out" gain "$(awk "BEGIN { print $target - ($level) }")"
}

main "$@"
