package org.sjd4j;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** Which package may use which, as ARCHITECTURE.md shows it. */
class ArchitectureTest {
    private static final JavaClasses ENGINE = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("org.sjd4j");

    /** Guards against an importer that cannot read the class files and so finds nothing wrong. */
    @Test
    void allPackagesAreSeen() {
        for (String name : new String[] {"image", "llama", "vision", "text", "tensor", "family", "api"}) {
            assertThat(ENGINE.containPackage("org.sjd4j." + name)).as(name).isTrue();
        }
        assertThat(ENGINE.get("org.sjd4j.api.TextToImage").getMethods()).isNotEmpty();
    }

    @Test
    void imageFilesNeedNothingButTheJdk() {
        classes()
                .that()
                .resideInAPackage("org.sjd4j.image..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("org.sjd4j.image..", "java..", "javax.imageio..", "org.w3c.dom..", "org.jspecify..")
                .check(ENGINE);
    }

    @Test
    void onlyNetworksUseLibTorch() {
        noClasses()
                .that()
                .resideOutsideOfPackages(
                        "org.sjd4j.llama..",
                        "org.sjd4j.vision..",
                        "org.sjd4j.tensor..",
                        "org.sjd4j.checkpoint..",
                        "org.sjd4j.proposal..",
                        "org.sjd4j.generate..",
                        "org.sjd4j.family..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.bytedeco..")
                .check(ENGINE);
    }

    /** A package uses only those below it. */
    @Test
    void noPackageUsesOneAboveIt() {
        layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .layer("api")
                .definedBy("org.sjd4j.api..")
                .layer("one family each")
                .definedBy("org.sjd4j.family.*..")
                .layer("family")
                .definedBy("org.sjd4j.family")
                .layer("generate")
                .definedBy("org.sjd4j.generate..")
                .layer("proposal")
                .definedBy("org.sjd4j.proposal..")
                .layer("llama")
                .definedBy("org.sjd4j.llama..")
                .layer("vision")
                .definedBy("org.sjd4j.vision..")
                .layer("text")
                .definedBy("org.sjd4j.text..")
                .layer("checkpoint")
                .definedBy("org.sjd4j.checkpoint..")
                .layer("tensor")
                .definedBy("org.sjd4j.tensor..")
                .layer("image")
                .definedBy("org.sjd4j.image..")
                .layer("io")
                .definedBy("org.sjd4j.io..")
                .whereLayer("api")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("one family each")
                .mayOnlyBeAccessedByLayers("api")
                .whereLayer("family")
                .mayOnlyBeAccessedByLayers("api", "one family each")
                .whereLayer("generate")
                .mayOnlyBeAccessedByLayers("api", "one family each", "family")
                .whereLayer("proposal")
                .mayOnlyBeAccessedByLayers("api", "one family each", "family", "generate")
                .whereLayer("llama")
                .mayOnlyBeAccessedByLayers("api", "one family each", "family", "generate", "proposal")
                .whereLayer("text")
                .mayOnlyBeAccessedByLayers("api", "one family each", "family")
                .check(ENGINE);
    }

    /** A family is taken out by deleting its package and its case in Families. */
    @Test
    void noFamilyKnowsAnother() {
        slices().matching("org.sjd4j.family.(*)..")
                .should()
                .notDependOnEachOther()
                .check(ENGINE);
    }

    @Test
    void nothingInTheEnginePrintsOrExits() {
        noClasses()
                .should()
                .accessField(System.class, "out")
                .orShould()
                .accessField(System.class, "err")
                .orShould()
                .callMethod(System.class, "exit", int.class)
                .check(ENGINE);
    }

    @Test
    void packagesFormNoCycle() {
        slices().matching("org.sjd4j.(**)").should().beFreeOfCycles().check(ENGINE);
    }
}
