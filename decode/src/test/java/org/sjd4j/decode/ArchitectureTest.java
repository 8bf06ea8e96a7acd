package org.sjd4j.decode;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** What the decoding loop may use: pure Java, no file, no clock. */
class ArchitectureTest {
    private static final JavaClasses DECODE = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("org.sjd4j");

    /** Guards against an importer that cannot read the class files and so finds nothing wrong. */
    @Test
    void theLoopIsSeen() {
        assertThat(DECODE.get(Decoding.class).getMethods()).isNotEmpty();
    }

    @Test
    void decodeNeedsNothingButTheJdk() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("org.sjd4j.decode..", "java.lang..", "java.util..", "org.jspecify..")
                .check(DECODE);
    }

    @Test
    void decodeReadsNoClock() {
        noClasses()
                .should()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .check(DECODE);
    }

    @Test
    void packagesFormNoCycle() {
        slices().matching("org.sjd4j.(**)").should().beFreeOfCycles().check(DECODE);
    }
}
