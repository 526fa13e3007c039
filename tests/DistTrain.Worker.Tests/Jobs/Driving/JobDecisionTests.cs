using System.Text.RegularExpressions;
using DistTrain.Worker.Jobs.Driving;
using Grpc.Core;

namespace DistTrain.Worker.Tests.Jobs.Driving;

/// <summary>What is done about a job, whatever happens to it: the table "When a process dies" of docs/recover.md, row by row, and two rows at a time.</summary>
[Trait("Kind", "Fast")]
public sealed partial class JobDecisionTests
{
    public static TheoryData<string> Rows => [.. Losses.Training.Concat(Losses.Others).Select(loss => loss.ToString())];

    public static TheoryData<string, string> Pairs
    {
        get
        {
            var pairs = new TheoryData<string, string>();
            foreach (var (index, first) in Losses.Training.Index())
            {
                foreach (var second in Losses.Training.Skip(index + 1))
                    pairs.Add(first.What, second.What);
            }

            return pairs;
        }
    }

    [Fact]
    public void A_job_to_which_nothing_has_happened_trains() => Check(new JobAction.Wait(), "it trains", Scene.Trains);

    [Theory]
    [MemberData(nameof(Rows))]
    public void A_row_has_its_answer(string row)
    {
        var loss = Losses.Training.Concat(Losses.Others).Single(loss => loss.ToString() == row);
        Check(loss.Action, loss.Reason, loss.Happens(Scene.Trains));
    }

    /// <summary>Whichever comes first.</summary>
    [Theory]
    [MemberData(nameof(Pairs))]
    public void Two_at_once_have_the_answer_of_the_graver(string graver, string other)
    {
        var (first, second) = (Of(graver), Of(other));
        var action = Losses.Together.GetValueOrDefault((graver, other), first.Action);
        var reason = Losses.Together.ContainsKey((graver, other)) ? "" : first.Reason;
        Check(action, reason, second.Happens(first.Happens(Scene.Trains)));
        Check(action, reason, first.Happens(second.Happens(Scene.Trains)));
    }

    /// <summary>No row of the table is left out, and none is made up.</summary>
    [Fact]
    public void The_rows_are_those_of_the_document()
    {
        var document = Repository.Read("docs/recover.md");
        var table = document[document.IndexOf("## When a process dies", StringComparison.Ordinal)..document.IndexOf("A silo logs what it loses", StringComparison.Ordinal)];
        var rows = TableRow().Matches(table).Select(match => match.Groups["row"].Value);
        Assert.Equal(rows.Order(), Losses.Training.Concat(Losses.Others).Select(loss => loss.Row).Where(row => row[0] != '(').Distinct().Order());
    }

    [Theory]
    [InlineData(9.99, false)]
    [InlineData(10, true)]
    public void A_server_may_be_away_for_ten_minutes(double minutes, bool fails) =>
        Assert.Equal(fails, Scene.Trains.Away(TimeSpan.FromMinutes(minutes)).Decision.Action is JobAction.Fail);

    /// <summary>A job that is not open has no partition to lose, and one that is open no checkpoint to go on from.</summary>
    [Fact]
    public void What_a_server_refuses_out_of_place_ends_the_job()
    {
        Check(new JobAction.Fail(), "a parameter server: NotFound: what?", Scene.Trains.Closed(50).Refused(StatusCode.NotFound, "what?"));
        Check(new JobAction.Fail(), "a parameter server: DataLoss: what?", Scene.Trains.Refused(StatusCode.DataLoss, "what?"));
    }

    [Fact]
    public void A_rank_that_did_not_arrive_is_sent_again_after_a_while() => Check(
        new JobAction.Balance(new RankMove(1, "silo-a", "silo-b")), "",
        Scene.Trains.RankIs(1, Scene.Rank("silo-a")).Seen(l => l with { LastMove = (new RankMove(1, "silo-a", "silo-b"), Scene.Now - JobDecision.MovePause) }));

    [Fact]
    public void A_checkpoint_that_was_tried_to_seal_is_not_sealed_again_at_the_same_look() =>
        Check(new JobAction.Wait(), "it trains", Of("a later save has worked").Happens(Scene.Trains).Seen(look => look with { IsSealed = true }));

    private static Loss Of(string what) => Losses.Training.Single(loss => loss.What == what);

    private static void Check(JobAction expected, string reason, Scene scene)
    {
        var decision = scene.Decision;
        Assert.True(Text(expected) == Text(decision.Action), $"{Text(expected)} was to be done, and {Text(decision.Action)} is, because: {decision.Reason}");
        Assert.Contains(reason, decision.Reason, StringComparison.Ordinal);
    }

    /// <summary>Lists by what is in them, and a checkpoint by its step.</summary>
    private static string Text(JobAction action) => action switch
    {
        JobAction.Open open => $"open {open.Generation} at {open.At?.Step}; lost: {string.Join(", ", open.Lost)}",
        JobAction.NewGeneration next => $"new generation on {string.Join(", ", next.Servers ?? [])}",
        JobAction.Seal seal => $"seal {seal.Checkpoint.Step}, keep {string.Join(", ", seal.Checkpoint.Kept)}",
        _ => action.ToString(),
    };

    [GeneratedRegex(@"^\| \*\*(?<row>.+?)\*\* \|", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex TableRow();
}
