package org.sjd4j;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.equivalentTo;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodReference;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.io.PrintStream;
import java.nio.file.Files;
import java.util.Locale;
import java.util.Scanner;
import java.util.Set;

/** Rules for reading and writing text, which hold in all modules. */
public final class TextRules {
    private static final Set<String> OF_TEXT = Set.of("toLowerCase", "toUpperCase", "format", "formatted");
    private static final Set<String> OF_STREAMS = Set.of("printf", "format");

    /**
     * Nothing in files, names and output depends on the user's locale. This is what the compiler's checks, {@code
     * DefaultLocale} and {@code StringCaseLocaleUsage} of Error Prone, do not see: they know calls, but neither method
     * references nor what is printed to {@code System.out}.
     */
    public static final ArchRule LOCALE = noClasses()
            .should()
            .accessTargetWhere(describe("depends on the user's locale", TextRules::dependsOnTheLocale))
            .orShould()
            .dependOnClassesThat()
            .areAssignableTo(Scanner.class)
            .because("files, names and output are the same for every user; use Locale.ROOT, or %s for whole numbers");

    /** One class reads files of text. It knows byte order marks and names the line that is no text. */
    public static final ArchRule FILES = noClasses()
            .that()
            .resideOutsideOfPackage("org.sjd4j.io..")
            .should()
            .callMethodWhere(target(owner(equivalentTo(Files.class)))
                    .and(target(nameMatching("readString|readAllLines|newBufferedReader"))))
            .because("text is read by TextFile");

    private TextRules() {}

    /** Checks what is no test in a package, of whatever module on the class path. */
    public static void check(String name) {
        check(new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .withImportOption(location -> !location.contains("-tests.jar"))
                .importPackages(name));
    }

    static void check(JavaClasses classes) {
        LOCALE.check(classes);
        FILES.check(classes);
    }

    private static boolean dependsOnTheLocale(JavaAccess<?> access) {
        if (!(access.getTarget() instanceof AccessTarget.CodeUnitAccessTarget target)
                || target.getRawParameterTypes().stream().anyMatch(type -> type.isEquivalentTo(Locale.class))) {
            return false;
        }
        var owner = target.getOwner();
        if (owner.isEquivalentTo(String.class)) {
            return access instanceof JavaMethodReference && OF_TEXT.contains(target.getName());
        }
        return owner.isAssignableTo(PrintStream.class) && OF_STREAMS.contains(target.getName())
                || owner.isEquivalentTo(Locale.class) && target.getName().equals("getDefault");
    }
}
