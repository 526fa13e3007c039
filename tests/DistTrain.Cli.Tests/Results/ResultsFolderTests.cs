using System.Text.Json;
using DistTrain.Cli.Chaos;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Results;

namespace DistTrain.Cli.Tests.Results;

[Trait("Kind", "Fast")]
public sealed class ResultsFolderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public void A_result_survives_its_line_which_has_the_names_that_tools_read()
    {
        var result = Result("seed-7", ChaosResult.Failed);
        var line = result.ToJson();

        Assert.Equal(
            """{"run":"seed-7","state":"failed","faults":{"kill":3,"stop":1},"kills":3,"recoveries":4,"redoneSteps":12,"steps":400,"seconds":61.5,"longestStall":5.2,"weightsSha256":"ab","setup":"s","violations":["G2: x"]}""",
            line);
        Assert.Equal(line, ChaosResult.FromJson(line).ToJson());
    }

    [Fact]
    public void What_is_done_is_found_again_by_run_and_setup()
    {
        ResultsFolder<ChaosResult>.Open(_folder.Path).Add(Result("seed-7", ChaosResult.Passed));
        var again = ResultsFolder<ChaosResult>.Open(_folder.Path);

        Assert.Equal(ChaosResult.Passed, again.Find("seed-7", "s")!.State);
        Assert.Null(again.Find("seed-7", "other"));
        Assert.Null(again.Find("seed-8", "s"));
        Assert.Equal(["results.jsonl"], Directory.GetFileSystemEntries(_folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void Results_that_are_none_are_refused()
    {
        File.WriteAllText(_folder["results.jsonl"], "{\"run\":1}\n");

        Assert.Equal(ExitCode.BadInput, Assert.Throws<CommandException>(() => ResultsFolder<ChaosResult>.Open(_folder.Path)).ExitCode);
        Assert.Throws<JsonException>(() => ChaosResult.FromJson("null"));
    }

    [Fact]
    public void The_table_has_a_row_a_run_and_names_what_did_not_hold() => Assert.Equal(
        """
        a job

        | run | kills | other faults | recoveries | steps redone | seconds | lost | longest stall, s | weightsSha256 | |
        |---|---|---|---|---|---|---|---|---|---|
        | undisturbed | 0 |  | 0 | 0 | 20.0 |  | 0.0 | ab | passed |
        | seed-7 | 3 | 1 stop | 4 | 12 | 61.5 | 41.5 | 5.2 | ab | failed |

        1 of 2 passed.

        seed-7:

        - G2: x

        """.ReplaceLineEndings("\n"),
        ChaosTable.Markdown(
            "a job",
            [
                new ChaosResult(ChaosResult.Undisturbed, ChaosResult.Passed, new Dictionary<string, int>(), 0, 0, 0, 400, 20, 0, "ab", "s", []),
                Result("seed-7", ChaosResult.Failed),
            ]));

    public void Dispose() => _folder.Dispose();

    private static ChaosResult Result(string run, string state) => new(
        run, state, new Dictionary<string, int> { ["kill"] = 3, ["stop"] = 1 }, 3, 4, 12, 400, 61.5, 5.2, "ab", "s", state == ChaosResult.Failed ? ["G2: x"] : []);
}
