"""The gdb command `break-line FILE:LINE`, for optimized programs."""

import gdb


class BreakLine(gdb.Command):
    """Set a breakpoint at each statement of a source line: break-line FILE:LINE

    `break` uses the first address of the line in each function, which optimized code may skip."""

    def __init__(self):
        super().__init__("break-line", gdb.COMMAND_BREAKPOINTS, gdb.COMPLETE_LOCATION)

    def invoke(self, argument, from_tty):
        _, locations = gdb.decode_line(argument)
        statements = (location.symtab.linetable().line(location.line) for location in locations or ())
        for address in sorted({entry.pc for entries in statements for entry in entries or ()}):
            gdb.Breakpoint(f"*{address:#x}")


BreakLine()
