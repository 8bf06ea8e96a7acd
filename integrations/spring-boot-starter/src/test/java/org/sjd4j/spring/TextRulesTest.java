package org.sjd4j.spring;

import org.junit.jupiter.api.Test;
import org.sjd4j.TextRules;

class TextRulesTest {
    @Test
    void textIsTheSameUnderEveryLocale() {
        TextRules.check("org.sjd4j.spring");
    }
}
