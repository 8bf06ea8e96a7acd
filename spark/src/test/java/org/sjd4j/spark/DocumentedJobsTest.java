package org.sjd4j.spark;

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

/** What stands behind {@code --} of every {@code ./sjd-spark} in the documents is a job that the command line understands. */
class DocumentedJobsTest {
    private static List<Documents.Call> calls() {
        return Documents.calls("./sjd-spark");
    }

    @TestFactory
    List<DynamicTest> everyJobParses() {
        return calls().stream()
                .map(call -> DynamicTest.dynamicTest(
                        call.toString(),
                        () -> assertThatCode(() -> parse(call.arguments())).doesNotThrowAnyException()))
                .toList();
    }

    private static void parse(List<String> arguments) {
        int job = arguments.indexOf("--") + 1;
        assertThat(job).as("what follows -- is the job").isPositive();
        var nowhere = new PrintWriter(new StringWriter());
        SparkJobs.commandLine(new Console(nowhere, nowhere, false))
                .parseArgs(arguments.subList(job, arguments.size()).toArray(String[]::new));
    }

    @Test
    void thereAreJobsInTheDocuments() {
        assertThat(calls()).hasSizeGreaterThan(2);
    }
}
