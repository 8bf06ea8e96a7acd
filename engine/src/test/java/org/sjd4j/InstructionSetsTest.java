package org.sjd4j;

/** The numeric tests under every instruction set. */
class InstructionSetsTest extends EveryInstructionSet {
    InstructionSetsTest() {
        super(20);
    }
}
