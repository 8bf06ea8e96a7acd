package org.sjd4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.xpath.XPathConstants;
import javax.xml.xpath.XPathFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;

/** What the POMs say of the published artifacts. */
class PomsTest {
    private static final Path ROOT = Path.of("").toAbsolutePath().resolve("..");

    /** Modules that are not published. */
    private static final List<String> OWN = List.of("bom", "benchmarks", "distribution");

    private static Document pom(String module) throws Exception {
        return DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(ROOT.resolve(module).resolve("pom.xml").toFile());
    }

    private static List<String> texts(Document document, String path) throws Exception {
        var nodes = (NodeList) XPathFactory.newInstance().newXPath().evaluate(path, document, XPathConstants.NODESET);
        var texts = new ArrayList<String>();
        for (int i = 0; i < nodes.getLength(); i++) {
            texts.add(nodes.item(i).getTextContent());
        }
        return texts;
    }

    private static List<String> published() throws Exception {
        return texts(pom(""), "/project/modules/module").stream()
                .filter(module -> !OWN.contains(module))
                .toList();
    }

    @Test
    void theBomHasEveryPublishedArtifactInTheVersionOfTheProject() throws Exception {
        var expected = new ArrayList<String>();
        for (String module : published()) {
            Document pom = pom(module);
            expected.addAll(texts(pom, "/project/artifactId"));
            assertThat(texts(pom, "/project/parent/version")).as(module).isEqualTo(texts(pom(""), "/project/version"));
        }
        Document bom = pom("bom");
        assertThat(texts(bom, "//dependencyManagement//artifactId")).containsExactlyInAnyOrderElementsOf(expected);
        assertThat(texts(bom, "//dependencyManagement//version")).containsOnly("${project.version}");
        assertThat(texts(bom, "//dependencyManagement//groupId")).containsOnly("io.github.sjd4j");
        assertThat(texts(bom, "/project/version")).isEqualTo(texts(pom(""), "/project/version"));
        assertThat(texts(bom, "/project/parent"))
                .as("it would bring the versions of other libraries")
                .isEmpty();
    }

    /** Maven Central refuses what lacks one of these; modules have the others from their parent. */
    @Test
    void everyPomSaysWhatMavenCentralAsksFor() throws Exception {
        for (String module : List.of("", "bom")) {
            for (String field : List.of(
                    "name",
                    "description",
                    "url",
                    "licenses/license/url",
                    "developers/developer/name",
                    "scm/url",
                    "scm/connection")) {
                assertThat(texts(pom(module), "/project/" + field))
                        .as(module + " " + field)
                        .hasSize(1)
                        .doesNotContain("");
            }
        }
        for (String module : published()) {
            assertThat(texts(pom(module), "/project/name")).as(module).hasSize(1);
            assertThat(texts(pom(module), "/project/description")).as(module).hasSize(1);
        }
    }

    /** Whoever has a module path depends on these names. */
    @Test
    void everyJarHasAModuleNameOfItsOwn() throws Exception {
        var names = new ArrayList<String>();
        for (String module : published()) {
            Document pom = pom(module);
            if (texts(pom, "/project/packaging").isEmpty()) {
                assertThat(texts(pom, "/project/properties/module.name"))
                        .as(module)
                        .hasSize(1);
                names.addAll(texts(pom, "/project/properties/module.name"));
            }
        }
        assertThat(names).doesNotHaveDuplicates().allMatch(name -> name.matches("org\\.sjd4j\\.[a-z0-9]+"));
    }
}
