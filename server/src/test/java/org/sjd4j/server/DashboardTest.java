package org.sjd4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.sjd4j.Documents;
import org.sjd4j.io.TextFile;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The dashboard for Grafana asks for what {@code /metrics} says. */
class DashboardTest {
    private static final Path DASHBOARD = Documents.root().resolve("deploy/grafana/sjd4j.json");
    private static final Pattern METRIC = Pattern.compile("\\b(?:sjd|jvm)_\\w+");
    private static final Pattern LABEL = Pattern.compile("(\\w+)=~?\"|by \\((\\w+)\\)");

    /** What Prometheus itself adds. */
    private static final Set<String> ADDED = Set.of("job", "instance");

    @Test
    void asksForMetricsThatThereAre() throws Exception {
        Set<String> metrics;
        Set<String> labels;
        try (var server = TestServer.start().awaitReady()) {
            assertThat(server.generate("{\"prompt\":\"red apple\",\"seed\":1}").statusCode())
                    .isEqualTo(200);
            String scraped = server.get("/metrics").body();
            metrics = scraped.lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(line -> line.replaceFirst("[ {].*", ""))
                    .collect(Collectors.toSet());
            labels = Pattern.compile("(\\w+)=\"")
                    .matcher(scraped)
                    .results()
                    .map(label -> label.group(1))
                    .collect(Collectors.toSet());
        }
        String queries = queries();
        var asked = new TreeSet<String>();
        METRIC.matcher(queries).results().forEach(name -> asked.add(name.group()));
        assertThat(asked).hasSizeGreaterThan(10);
        assertThat(metrics).as("metrics").containsAll(asked);
        var chosen = new TreeSet<String>();
        LABEL.matcher(queries)
                .results()
                .forEach(name -> chosen.add(name.group(1) == null ? name.group(2) : name.group(1)));
        chosen.removeAll(ADDED);
        assertThat(chosen).isNotEmpty();
        assertThat(labels).as("labels").containsAll(chosen);
    }

    /** All queries of panels and of variables, one on a line. */
    private static String queries() throws IOException {
        var dashboard = new JsonMapper().readTree(TextFile.read(DASHBOARD));
        var queries = new StringBuilder();
        dashboard
                .findValues("expr")
                .forEach(query -> queries.append(query.stringValue()).append('\n'));
        for (JsonNode variable : dashboard.get("templating").get("list")) {
            JsonNode query = variable.get("query");
            queries.append(query.isObject() ? query.get("query").stringValue() : "")
                    .append('\n');
        }
        return queries.toString();
    }
}
