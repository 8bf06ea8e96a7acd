package org.sjd4j.spark;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.awt.Toolkit;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.swing.ImageIcon;
import org.junit.jupiter.api.Test;

/** Rules over all modules. This module sees all others, so the rules stand here. */
class AllModulesTest {
    private static final String IMAGE = "org.sjd4j.image";
    private static final JavaClasses ALL = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .withImportOption(location -> !location.contains("-tests.jar")) // the tests that modules share
            .importPackages("org.sjd4j");

    @Test
    void onePackageDecodesImageFiles() {
        noClasses()
                .that()
                .resideOutsideOfPackage(IMAGE)
                .should()
                .callMethodWhere(describe("decode an image file", AllModulesTest::decodes))
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(ImageIcon.class)
                .check(ALL);
    }

    /** Guards against a rule that sees nothing. */
    @Test
    void everyModuleIsSeen() {
        for (String name : new String[] {
            "image", "bundled", "metrics", "training", "evaluation", "options", "server", "parity", "cli", "spark"
        }) {
            assertThat(ALL.containPackage("org.sjd4j." + name)).as(name).isTrue();
        }
        assertThat(ALL.stream()
                        .filter(type -> type.getMethodCallsFromSelf().stream().anyMatch(AllModulesTest::decodes))
                        .map(JavaClass::getPackageName))
                .isNotEmpty()
                .containsOnly(IMAGE);
    }

    @Test
    void packagesFormNoCycle() {
        slices().matching("org.sjd4j.(**)").should().beFreeOfCycles().check(ALL);
    }

    private static boolean decodes(JavaMethodCall call) {
        var owner = call.getTargetOwner();
        String name = call.getName();
        return owner.isAssignableTo(ImageIO.class) && name.equals("read")
                || owner.isAssignableTo(ImageReader.class) && name.startsWith("read")
                || owner.isAssignableTo(Toolkit.class) && name.endsWith("Image");
    }
}
