package org.sjd4j.cli;

import org.junit.jupiter.api.Test;
import org.sjd4j.TextRules;

class TextRulesTest {
    @Test
    void allModulesReadAndWriteTextAlike() {
        TextRules.check("org.sjd4j");
    }
}
