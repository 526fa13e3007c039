namespace DistTrain.Architecture.Tests;

/// <summary>Every class with tests says what it needs, so that they can be taken in part: <c>dotnet test --filter Kind=Fast</c>.</summary>
[Trait("Kind", "Fast")]
public class KindTests
{
    private const string Fast = "[Trait(\"Kind\", \"Fast\")]\n";

    private const string Process = "[Trait(\"Kind\", \"Process\")]\n";

    // Put together, so that this file is not one that starts processes.
    private const string Start = "Process" + ".Start(\"true\")";

    private const string Body = "public class A\n{\n    [Fact]\n    public void B() { }\n}\n";

    public static TheoryData<string> Folders => [.. TestSources.Projects, "Shared"];

    [Theory]
    [MemberData(nameof(Folders))]
    public void Every_class_with_tests_has_one_kind_and_the_fast_ones_start_no_process(string folder)
    {
        var project = Repository.PathOf($"tests/{folder}/{folder}.csproj");
        var text = File.Exists(project) ? File.ReadAllText(project) : string.Empty;
        var files = TestSources.In(folder).ToList();
        Assert.NotEmpty(files);
        List<string> problems = [.. files.SelectMany(file => KindCheck.Problems(file, Repository.Read(file), text))];
        Assert.True(problems.Count == 0, string.Join('\n', problems));
    }

    [Theory]
    [InlineData(Body, "says its kind 0 times")]
    [InlineData(Fast + Process + Body, "says its kind 2 times")]
    [InlineData("[Trait(\"Kind\", \"Slow\")]\n" + Body, "says its kind 1 times, of Fast, Process, Image")]
    [InlineData(Fast + "public class Other\n{\n}\n\n" + Body, "says its kind 0 times")]
    [InlineData("public class A\n{\n    [Fact]\n    [Trait(\"Kind\", \"Fast\")]\n    public void B() { }\n}\n", "a class's, not a test's")]
    [InlineData("using DistTrain.Tests.Processes;\n" + Fast + Body, "is marked Fast and uses")]
    [InlineData("using DistTrain.Tests.Clusters;\n[Collection(\"c\")]\n" + Fast + Body, "is marked Fast and uses")]
    [InlineData("namespace DistTrain.Deployment.Tests.Images;\n" + Fast + Body, "is marked Fast and uses")]
    [InlineData(Fast + "public class A\n{\n    [Fact]\n    public void B() => System.Diagnostics." + Start + ";\n}\n", "is marked Fast and uses")]
    [InlineData(Fast + "public class A\n{\n    [Fact]\n    public void B() => Processes" + ".Tool.Run();\n}\n", "is marked Fast and uses")]
    [InlineData("namespace DistTrain.Tests.Shared;\n\ninternal static class A\n{\n    static void B() => " + Start + ";\n}\n", "lies in no namespace")]
    public void A_broken_rule_is_found(string text, string problem) =>
        Assert.Contains(KindCheck.Problems("A.cs", text), p => p.Contains(problem, StringComparison.Ordinal));

    [Fact]
    public void A_using_that_the_project_gives_to_all_files_counts() => Assert.Contains(
        "marked Fast", Assert.Single(KindCheck.Problems("A.cs", Fast + Body, "<Using Include=\"DistTrain.Tests.Clusters\" />")), StringComparison.Ordinal);

    [Fact]
    public void What_keeps_the_rules_is_let_be()
    {
        Assert.Empty(KindCheck.Problems("A.cs", Fast + Body));
        Assert.Empty(KindCheck.Problems("A.cs", "using DistTrain.Tests.Processes;\n/// <summary>Starts some.</summary>\n" + Process + Body));
        Assert.Empty(KindCheck.Problems("A.cs", "namespace DistTrain.Cli.Tests.Processes;\n\ninternal static class A\n{\n    static void B() => " + Start + ";\n}\n"));
    }
}
