package org.sjd4j.spark;

import org.junit.jupiter.api.Test;
import org.sjd4j.TextRules;

class TextRulesTest {
    @Test
    void jobsReadAndWriteTextAsAllDo() {
        TextRules.check("org.sjd4j.spark");
    }
}
