package org.sjd4j.parity;

import org.sjd4j.EveryInstructionSet;

/** The numeric tests under every instruction set. */
class InstructionSetsTest extends EveryInstructionSet {
    InstructionSetsTest() {
        super(5);
    }
}
