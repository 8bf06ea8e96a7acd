package org.sjd4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** The rules see what they are for, and hold. */
class TextRulesTest {
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

    private static final class ByReading {
        static List<String> read(Path file) throws IOException {
            return Files.readAllLines(file);
        }
    }

    private static final class Harmless {
        static String text(int number) {
            return String.format(Locale.ROOT, "%d", number)
                    + "%s".formatted(number).toLowerCase(Locale.ROOT);
        }
    }

    private static JavaClasses only(Class<?> type) {
        return new ClassFileImporter().importClasses(type);
    }

    @Test
    void theRulesSeeWhatTheyAreFor() {
        for (Class<?> wrong : List.of(ByReference.class, ByPrinting.class, ByAsking.class)) {
            assertThatThrownBy(() -> TextRules.LOCALE.check(only(wrong)))
                    .as(wrong.getSimpleName())
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("the user's locale");
        }
        assertThatThrownBy(() -> TextRules.FILES.check(only(ByReading.class)))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("text is read by TextFile");
        TextRules.check(only(Harmless.class));
        assertThat(Harmless.text(1)).isEqualTo("11");
    }
}
