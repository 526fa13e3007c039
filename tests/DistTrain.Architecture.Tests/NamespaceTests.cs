namespace DistTrain.Architecture.Tests;

/// <summary>Within a project no two namespaces need each other, over others neither: what one of them is can be read without those above it.</summary>
[Trait("Kind", "Fast")]
public class NamespaceTests
{
    /// <summary>What goes against the order of a project that has none yet. What is no more has to be struck out: the list only gets shorter.</summary>
    private static readonly Dictionary<string, string[]> _notYet = new()
    {
        // Whoever uses the package names one namespace: its door and the records that it takes and gives lie in it.
        ["DistTrain.Client"] = ["(root) → Calls", "(root) → Downloads"],
        ["DistTrain.Operator"] = ["Api → Hosting", "Reconciling → Hosting"],
    };

    public static TheoryData<string> Projects => [.. Directory.GetDirectories(Repository.PathOf("src"), "DistTrain.*").Select(d => Path.GetFileName(d)!).Order()];

    [Theory]
    [MemberData(nameof(Projects))]
    public void The_rooms_of_a_project_have_an_order(string project) =>
        Assert.Null(Of(project).Circle(_notYet.GetValueOrDefault(project, [])));

    [Theory]
    [MemberData(nameof(Projects))]
    public void An_exception_that_is_none_any_more_is_struck_out(string project) =>
        Assert.Empty(_notYet.GetValueOrDefault(project, []).Except(Of(project).Needs));

    [Fact]
    public void A_need_is_seen_by_a_using_an_alias_a_qualified_name_and_the_room_around()
    {
        var rooms = new Rooms(
        [
            "namespace Dist.Some;\n\npublic record A;",
            "using Dist.Some.Top;\n\nnamespace Dist.Some.Mid;\n\ninternal sealed class B : A;",
            "using Other = Dist.Some.Mid.B;\n\nnamespace Dist.Some.Top;\n\n// Low.C in words\npublic enum D;",
            "namespace Dist.Some.Low;\n\ninternal static class C { string T = \"Mid.B\"; object U = new Top.D(); }",
        ]);
        // Names are told without the project's.
        Assert.Equal(["Mid → (root)", "Mid → Top", "Top → Mid", "Low → Top"], rooms.Needs);
        Assert.Equal("Mid → Top → Mid", rooms.Circle([]));
        Assert.Null(rooms.Circle(["Top → Mid"]));
    }

    private static Rooms Of(string project) => new(
        Directory.EnumerateFiles(Repository.PathOf($"src/{project}"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !Path.GetRelativePath(Repository.PathOf($"src/{project}"), file).Split('/').Any(part => part is "obj" or "bin"))
            .Select(File.ReadAllText));
}
