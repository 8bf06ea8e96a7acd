package org.sjd4j.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.sjd4j.Documents;

/** The documented code is the sample's, which is compiled and tested; the documented properties are all of them. */
class DocumentedCodeTest {
    private static final String DOCUMENT = "docs/integrations.md";

    private static String samples() throws IOException {
        Path folder =
                Documents.root().resolve("integrations/spring-boot-starter/src/test/java/org/sjd4j/spring/sample");
        var texts = new ArrayList<String>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                texts.add(Files.readString(file));
            }
        }
        return String.join("\n", texts);
    }

    @Test
    void everyBlockStandsInASample() throws Exception {
        var blocks = Documents.blocks("java").stream()
                .filter(code -> code.place().startsWith(DOCUMENT))
                .filter(code -> code.text().contains("org.springframework"))
                .toList();
        assertThat(blocks).hasSize(2);
        String samples = samples();
        assertThat(blocks).allSatisfy(code -> assertThat(samples).contains(code.text()));
    }

    @Test
    void everyPropertyIsDocumented() throws Exception {
        String document = Files.readString(Documents.root().resolve(DOCUMENT));
        var names = new ArrayList<String>();
        names(names, "sjd4j.", Sjd4jProperties.class);
        assertThat(names)
                .hasSizeGreaterThan(20)
                .allSatisfy(name -> assertThat(document).contains("`" + name + "`"));
    }

    private static void names(List<String> names, String prefix, Class<?> type) {
        for (var component : type.getRecordComponents()) {
            String name =
                    prefix + component.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
            if (component.getType().isRecord()) {
                names(names, name + ".", component.getType());
            } else {
                names.add(name);
            }
        }
    }
}
