package org.sjd4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;

/** Locales whose digits, decimal marks or letters are not those that files hold: for tests. */
public final class OddLocales {
    /** Other digits in the first six, another decimal mark in the seventh, other capital letters in the last two. */
    public static final List<Locale> ALL = List.of(
            Locale.of("fa", "IR"),
            Locale.of("ar", "EG"),
            Locale.of("ne", "NP"),
            Locale.of("my", "MM"),
            Locale.forLanguageTag("hi-IN-u-nu-deva"),
            Locale.forLanguageTag("th-TH-u-ca-buddhist-nu-thai"),
            Locale.of("de", "DE"),
            Locale.of("tr", "TR"),
            Locale.of("lt", "LT"));

    private OddLocales() {}

    /** The result of some code that runs under a locale, which no other test sees. */
    public static <T> T under(Locale locale, Supplier<T> code) {
        var before = Locale.getDefault();
        var display = Locale.getDefault(Locale.Category.DISPLAY);
        var format = Locale.getDefault(Locale.Category.FORMAT);
        try {
            Locale.setDefault(locale);
            return code.get();
        } finally {
            Locale.setDefault(before);
            Locale.setDefault(Locale.Category.DISPLAY, display);
            Locale.setDefault(Locale.Category.FORMAT, format);
        }
    }

    /** Guards against a Java that knows none of these locales, under which every test would pass. */
    public static void requireOdd() {
        for (Locale locale : ALL.subList(0, 6)) {
            assertThat(String.format(locale, "%d", 48)).as(locale.toString()).doesNotContain("4", "8");
        }
        assertThat(String.format(ALL.get(6), "%.1f", 0.5)).isEqualTo("0,5");
        assertThat("TITLE".toLowerCase(ALL.get(7))).isNotEqualTo("title");
    }
}
