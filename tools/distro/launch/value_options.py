"""Lists Bazel's options that require a value, one per line, as written on a command line.

Usage: bazel help flags-as-proto | value_options.py startup|command
Reads the base64 text of a FlagCollection (Bazel's src/main/protobuf/bazel_flags.proto) from standard input.
"""

import base64
import sys

NAME, COMMANDS, ABBREVIATION, REQUIRES_VALUE = 1, 4, 5, 10


def varint(data, position):
    result = shift = 0
    while True:
        byte = data[position]
        position += 1
        result |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return result, position


def fields(data):
    """Yields (number, value) of each field of a message with only varint and length-delimited fields."""
    position = 0
    while position < len(data):
        tag, position = varint(data, position)
        value, position = varint(data, position)
        if tag & 7 == 2:
            value, position = data[position : position + value], position + value
        yield tag >> 3, value


def main():
    startup = {"startup": True, "command": False}[sys.argv[1]]
    options = set()
    for _, flag in fields(base64.b64decode(sys.stdin.read())):
        values = list(fields(flag))
        commands = {value.decode() for number, value in values if number == COMMANDS}
        if (REQUIRES_VALUE, 1) not in values or not (commands & {"startup"} if startup else commands - {"startup"}):
            continue
        for number, value in values:
            if number == NAME:
                options.add("--" + value.decode())
            elif number == ABBREVIATION:
                options.add("-" + value.decode())
    print("\n".join(sorted(options)))


main()
