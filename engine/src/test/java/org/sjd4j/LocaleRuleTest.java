package org.sjd4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** The rule sees what it is for. */
class LocaleRuleTest {
    private static final class ByReference {
        static final List<UnaryOperator<String>> FORMS = List.of(String::toLowerCase, "%d"::formatted);
    }

    private static final class ByPrinting {
        static void print(int number) {
            System.out.printf("%d", number);
        }
    }

    private static final class ByAsking {
        static final Locale HERE = Locale.getDefault();
    }

    private static final class Harmless {
        static String text(int number) {
            return String.format(Locale.ROOT, "%d", number)
                    + "%s".formatted(number).toLowerCase(Locale.ROOT);
        }
    }

    private static void check(Class<?> type) {
        LocaleRule.RULE.check(new ClassFileImporter().importClasses(type));
    }

    @Test
    void theRuleSeesWhatTheCompilerDoesNot() {
        for (Class<?> wrong : List.of(ByReference.class, ByPrinting.class, ByAsking.class)) {
            assertThatThrownBy(() -> check(wrong))
                    .as(wrong.getSimpleName())
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("the user's locale");
        }
        check(Harmless.class);
        assertThat(Harmless.text(1)).isEqualTo("11");
    }
}
