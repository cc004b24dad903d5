package org.lsq4j;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Holds the floors: a package imports from floors below its own only. */
@AnalyzeClasses(packages = "org.lsq4j", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  private static final String ROOT = "org.lsq4j.";

  private static final Set<String> BELOW_RESULTS =
      Set.of("files", "quantizer", "compute", "layer", "network", "data", "training");

  /** The packages of this project that each package may import. */
  private static final Map<String, Set<String>> MAY_IMPORT =
      Map.ofEntries(
          Map.entry("files", Set.of()),
          Map.entry("quantizer", Set.of()),
          Map.entry("compute", Set.of("quantizer")),
          Map.entry("layer", Set.of("quantizer", "compute")),
          Map.entry("data", Set.of()),
          Map.entry("network", Set.of("quantizer", "compute", "layer")),
          Map.entry(
              "training", Set.of("files", "quantizer", "compute", "layer", "network", "data")),
          Map.entry("report", BELOW_RESULTS),
          Map.entry("deploy", BELOW_RESULTS),
          Map.entry("experiment", with(BELOW_RESULTS, "report", "deploy")),
          Map.entry("cli", with(BELOW_RESULTS, "report", "deploy", "experiment")));

  private static final JavaClasses PROJECT =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("org.lsq4j");

  @ArchTest
  static final ArchRule NO_CYCLES = slices().matching(ROOT + "(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule QUANTIZER_KNOWS_NO_TENSORS =
      noClasses()
          .that()
          .resideInAPackage(ROOT + "quantizer..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.nd4j..", "org.deeplearning4j..", "org.bytedeco..");

  @ArchTest
  static final ArchRule ENGINES_ARE_KNOWN_BY_NOBODY =
      noClasses()
          .that()
          .resideOutsideOfPackages(ROOT + "compute.nd4j..", ROOT + "compute.onednn..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(ROOT + "compute.nd4j..", ROOT + "compute.onednn..");

  @ArchTest
  static final ArchRule ENGINES_DO_NOT_KNOW_LAYERS =
      noClasses()
          .that()
          .resideInAPackage(ROOT + "compute..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "org.deeplearning4j.nn.layers..", "org.deeplearning4j.nn.conf.layers..");

  @ArchTest
  static final ArchRule LAYERS_CONTAIN_NO_KERNELS =
      noClasses()
          .that()
          .resideInAPackage(ROOT + "layer..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.bytedeco..", "org.nd4j.linalg.api.ops..");

  @ArchTest
  static final ArchRule INTEGER_MODELS_RUN_WITHOUT_DL4J =
      noClasses()
          .that()
          .resideInAnyPackage(
              ROOT + "deploy.graph..", ROOT + "deploy.format..", ROOT + "deploy.runtime..")
          .should()
          .transitivelyDependOnClassesThat()
          .resideInAnyPackage("org.nd4j..", "org.deeplearning4j..");

  @ArchTest
  static final ArchRule ONNX_IS_KNOWN_BY_ITS_PACKAGE_ALONE =
      noClasses()
          .that()
          .resideOutsideOfPackage(ROOT + "deploy.onnx..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("ai.onnx..", "ai.onnxruntime..", "com.google.protobuf..");

  @ArchTest
  static final ArchRule INTEGER_MODELS_KNOW_NO_ONNX =
      noClasses()
          .that()
          .resideInAnyPackage(
              ROOT + "deploy.graph..",
              ROOT + "deploy.format..",
              ROOT + "deploy.runtime..",
              ROOT + "deploy.export..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage(ROOT + "deploy.onnx..");

  @ArchTest
  static final ArchRule ONNX_MODELS_RUN_WITHOUT_DL4J =
      noClasses()
          .that()
          .resideInAPackage(ROOT + "deploy.onnx..")
          .should()
          .transitivelyDependOnClassesThat()
          .resideInAnyPackage("org.nd4j..", "org.deeplearning4j..");

  @ArchTest
  static final ArchRule ONLY_THEIR_BACKEND_KNOWS_ONEDNN =
      noClasses()
          .that()
          .resideInAPackage(ROOT + "deploy..")
          .and()
          .resideOutsideOfPackage(ROOT + "deploy.runtime.onednn..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.bytedeco..", ROOT + "deploy.runtime.onednn..");

  @ArchTest
  static final ArchRule ONLY_COMMANDS_USE_PICOCLI =
      classes()
          .that()
          .resideOutsideOfPackage(ROOT + "cli..")
          .should()
          .onlyDependOnClassesThat()
          .resideOutsideOfPackages("picocli..", "me.tongfei..");

  @Test
  void packagesImportFromFloorsBelowOnly() {
    Map<String, Set<String>> wrong =
        PROJECT.stream()
            .filter(ArchitectureTest::isOnAFloor)
            .collect(
                Collectors.toMap(
                    ArchitectureTest::floor,
                    ArchitectureTest::forbiddenImports,
                    (a, b) -> {
                      a.addAll(b);
                      return a;
                    }));
    wrong.values().removeIf(Set::isEmpty);
    assertTrue(wrong.isEmpty(), wrong::toString);
  }

  @Test
  void everyPackageHasAFloor() {
    Set<String> unknown =
        PROJECT.stream()
            .filter(ArchitectureTest::isOnAFloor)
            .map(ArchitectureTest::floor)
            .filter(floor -> !MAY_IMPORT.containsKey(floor))
            .collect(Collectors.toSet());
    assertTrue(unknown.isEmpty(), () -> "Packages without a floor: " + unknown);
    // A rule about packages that are not found holds always.
    List<String> found =
        PROJECT.stream()
            .filter(ArchitectureTest::isOnAFloor)
            .map(ArchitectureTest::floor)
            .distinct()
            .toList();
    assertTrue(found.containsAll(MAY_IMPORT.keySet()), found::toString);
  }

  private static Set<String> with(Set<String> floors, String... more) {
    Set<String> all = new TreeSet<>(floors);
    all.addAll(List.of(more));
    return all;
  }

  private static Set<String> forbiddenImports(JavaClass from) {
    return from.getDirectDependenciesFromSelf().stream()
        .map(dependency -> dependency.getTargetClass().getBaseComponentType())
        .filter(ArchitectureTest::isOnAFloor)
        .filter(target -> !floor(target).equals(floor(from)))
        .filter(target -> !MAY_IMPORT.get(floor(from)).contains(floor(target)))
        .map(target -> from.getName() + " -> " + target.getName())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static boolean isOnAFloor(JavaClass type) {
    return type.getPackageName().startsWith(ROOT);
  }

  private static String floor(JavaClass type) {
    return type.getPackageName().substring(ROOT.length()).split("\\.")[0];
  }
}
