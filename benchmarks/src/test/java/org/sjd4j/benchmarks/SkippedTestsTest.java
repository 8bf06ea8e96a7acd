package org.sjd4j.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The last test of a build: says how many tests of the modules before were skipped and why, and fails if one was skipped for
 * another reason than a missing browser or GPU.
 */
class SkippedTestsTest {
    private static final Pattern ALLOWED = Pattern.compile("\\bno (browser|GPU)\\b");
    private static final String REPORTS = "glob:**/target/surefire-reports/TEST-*.xml";

    /** What test reports say. */
    private record Summary(int tests, Map<String, Integer> skipped) {
        List<String> forbidden() {
            return skipped.keySet().stream()
                    .filter(reason -> !ALLOWED.matcher(reason).find())
                    .toList();
        }
    }

    @Test
    void testsAreSkippedOnlyForWantOfABrowserOrAGpu() throws IOException, XMLStreamException {
        var summary = summary(reports(Path.of("..").toRealPath()));
        int skipped =
                summary.skipped.values().stream().mapToInt(Integer::intValue).sum();
        System.out.println(summary.tests + " tests before this module, " + skipped + " of them skipped");
        summary.skipped.forEach((reason, count) -> System.out.println("  " + count + " skipped: " + reason));
        assertThat(summary.forbidden()).isEmpty();
    }

    @Test
    void otherReasonsAreFound(@TempDir Path directory) throws IOException, XMLStreamException {
        Path reports = Files.createDirectories(directory.resolve("module/target/surefire-reports"));
        Files.writeString(reports.resolve("TEST-org.example.ATest.xml"), """
                <?xml version="1.0" encoding="UTF-8"?>
                <testsuite name="org.example.ATest" tests="4" skipped="3">
                  <testcase name="passes" classname="org.example.ATest"/>
                  <testcase name="a" classname="org.example.ATest">
                    <skipped message="Assumption failed: no browser: install one"/></testcase>
                  <testcase name="b" classname="org.example.ATest"><skipped message="no fixtures"/></testcase>
                  <testcase name="c" classname="org.example.ATest"><skipped/></testcase>
                </testsuite>
                """);
        var summary = summary(reports(directory));
        assertThat(summary.tests).isEqualTo(4);
        assertThat(summary.skipped)
                .containsEntry("Assumption failed: no browser: install one", 1)
                .containsEntry("no fixtures", 1)
                .containsEntry("no reason: org.example.ATest", 1);
        assertThat(summary.forbidden()).containsExactlyInAnyOrder("no fixtures", "no reason: org.example.ATest");
    }

    /** The reports of all modules. */
    private static List<Path> reports(Path repository) throws IOException {
        var report = FileSystems.getDefault().getPathMatcher(REPORTS);
        var found = new ArrayList<Path>();
        for (Path module : modules(repository)) {
            Path folder = module.resolve("target/surefire-reports");
            if (Files.isDirectory(folder)) {
                try (Stream<Path> files = Files.list(folder)) {
                    files.filter(report::matches).forEach(found::add);
                }
            }
        }
        return found;
    }

    private static List<Path> modules(Path repository) throws IOException {
        var modules = new ArrayList<Path>();
        for (Path folder : List.of(repository, repository.resolve("integrations"))) {
            if (Files.isDirectory(folder)) {
                try (Stream<Path> within = Files.list(folder)) {
                    within.forEach(modules::add);
                }
            }
        }
        return modules;
    }

    private static Summary summary(List<Path> reports) throws IOException, XMLStreamException {
        int tests = 0;
        var skipped = new TreeMap<String, Integer>();
        for (Path report : reports) {
            try (var in = Files.newInputStream(report)) {
                XMLStreamReader xml = XMLInputFactory.newFactory().createXMLStreamReader(in);
                String test = "";
                while (xml.hasNext()) {
                    if (xml.next() != XMLStreamReader.START_ELEMENT) {
                        continue;
                    }
                    if (xml.getLocalName().equals("testcase")) {
                        tests++;
                        test = xml.getAttributeValue(null, "classname");
                    } else if (xml.getLocalName().equals("skipped")) {
                        String message = xml.getAttributeValue(null, "message");
                        skipped.merge(message == null ? "no reason: " + test : message, 1, Integer::sum);
                    }
                }
            }
        }
        return new Summary(tests, skipped);
    }
}
