package org.sjd4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.sjd4j.Documents;
import org.sjd4j.options.Console;

/** Every call of {@code ./sjd} in the documents is one that the command line understands. */
class DocumentedCommandsTest {
    private static final int AT_LEAST = 30;

    private static List<Documents.Call> calls() {
        return Documents.calls("./sjd").stream()
                .filter(call -> !call.arguments().getFirst().equals("COMMAND")) // stands for any
                .toList();
    }

    private static void parse(List<String> arguments) {
        var nowhere = new PrintWriter(new StringWriter());
        Sjd.commandLine(new Console(nowhere, nowhere, false)).parseArgs(arguments.toArray(String[]::new));
    }

    @TestFactory
    List<DynamicTest> everyCommandParses() {
        return calls().stream()
                .map(call -> DynamicTest.dynamicTest(
                        call.toString(),
                        () -> assertThatCode(() -> parse(call.arguments())).doesNotThrowAnyException()))
                .toList();
    }

    @Test
    void thereAreCommandsInTheDocuments() {
        assertThat(calls()).hasSizeGreaterThan(AT_LEAST);
        assertThat(calls())
                .extracting(Documents.Call::place)
                .anyMatch(place -> place.startsWith("README"))
                .anyMatch(place -> place.startsWith("docs/results/"));
    }

    @Test
    void wordsAreThoseOfAShell() {
        assertThat(Documents.calls("./sjd"))
                .extracting(Documents.Call::arguments)
                .contains(List.of("generate", "red apple, noto style", "--out", "apple.png"));
    }
}
