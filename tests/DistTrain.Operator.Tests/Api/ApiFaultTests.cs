using System.Text.Json.Nodes;
using DistTrain.Operator.Api;
using DistTrain.Operator.Resources;
using DistTrain.Operator.Tests.Doubles;
using DistTrain.Protocol;

namespace DistTrain.Operator.Tests.Api;

/// <summary>An API server that is busy with others, forgets, ends what was begun, or is away.</summary>
[Trait("Kind", "Fast")]
public class ApiFaultTests
{
    [Fact]
    public async Task What_others_write_meanwhile_stays()
    {
        await using var rig = await OperatorRig.StartAsync();
        var writes = 0;
        // Before each of the operator's first writes, somebody else is quicker.
        rig.Api.Intercept = (_, verb) =>
        {
            if (verb == "patch" && Interlocked.Increment(ref writes) is <= 5 and var count)
                rig.Objects.Edit("busy", o => o["metadata"]!["labels"] = new JsonObject { ["edit"] = $"{count}" });
            return null;
        };
        rig.Objects.Create(Written.Named("busy"));
        var queued = await rig.Objects.UntilAsync("busy", o => o.State() == "Queued", "queued");
        Assert.Equal("5", (string?)queued["metadata"]!["labels"]!["edit"]);
        Assert.Single(rig.Cluster.Submitted);
        Assert.True(rig.Api.Count("trainingjobs", "get") >= 5, string.Join(' ', rig.Api.Calls));
    }

    [Fact]
    public async Task A_write_meant_for_an_object_does_not_land_on_its_namesake()
    {
        await using var rig = await OperatorRig.StartAsync();
        var old = rig.Objects.Create(Written.Named("twin", "{worker: 8}"));
        await rig.Objects.UntilAsync("twin", o => o.State() == "Invalid", "invalid");
        var isReplaced = false;
        rig.Api.Intercept = (resource, verb) =>
        {
            if (resource != "trainingjobs/status" || verb != "patch" || isReplaced)
                return null;
            isReplaced = true;
            rig.Objects.Edit("twin", o => o["metadata"]!["finalizers"] = new JsonArray());
            rig.Objects.Delete("twin");
            rig.Objects.Create(Written.Named("twin"));
            return null;
        };
        rig.Objects.Edit("twin", o => o["spec"] = new JsonObject { ["worker"] = 9 });
        var now = await rig.Objects.UntilAsync("twin", o => o.State() == "Queued", "queued");
        Assert.NotEqual(old.Uid(), now.Uid());
        Assert.DoesNotContain(rig.Objects.History("twin"), o => o.Uid() == now.Uid() && o.State() == "Invalid");
    }

    [Fact]
    public async Task What_happened_while_no_watch_was_open_is_found_by_listing_again()
    {
        await using var rig = await OperatorRig.StartAsync();
        var job = await rig.RunningAsync("gone");
        // No new watch before all this has happened and is forgotten.
        rig.Api.Intercept = (_, verb) => verb == "watch" ? (500, "not now") : null;
        await rig.Api.EndWatchesAsync();
        await Waiting.UntilAsync(() => rig.Api.Watching == 0, "the end of the watch", () => "");
        rig.Objects.Edit("gone", o => o["metadata"]!["finalizers"] = new JsonArray());
        rig.Objects.Delete("gone");
        rig.Objects.Create(Written.Named("new"));
        rig.Objects.Compact();
        rig.Api.Intercept = (_, _) => null;
        await rig.Objects.UntilAsync("new", o => o.State() == "Queued", "queued");
        await Waiting.UntilAsync(() => job.Summary.State == JobState.Cancelled, "the end of the job without an object", () => rig.Objects.Log);
    }

    [Fact]
    public async Task A_watch_that_is_too_old_is_begun_anew_behind_a_list()
    {
        await using var rig = await OperatorRig.StartAsync();
        await rig.RunningAsync("first");
        var lists = rig.Api.Count("trainingjobs", "list");
        var isOld = true;
        rig.Api.Intercept = (resource, verb) =>
        {
            if (resource == "trainingjobs" && verb == "watch" && isOld)
            {
                isOld = false;
                rig.Objects.Create(Written.Named("second"));
                rig.Objects.Compact();
            }

            return null;
        };
        await rig.Api.EndWatchesAsync();
        await rig.Objects.UntilAsync("second", o => o.State() == "Queued", "queued");
        Assert.Equal(lists + 1, rig.Api.Count("trainingjobs", "list"));
    }

    [Fact]
    public async Task A_watch_that_ended_goes_on_where_a_bookmark_says()
    {
        await using var rig = await OperatorRig.StartAsync();
        await rig.RunningAsync("first");
        var lists = rig.Api.Count("trainingjobs", "list");
        rig.Objects.Bookmark();
        await Waiting.UntilAsync(() => rig.Api.Bookmarks == 1, "the bookmark", () => rig.Objects.Log);
        // What came before the bookmark is forgotten: only who has seen it may go on.
        rig.Objects.Compact();
        await rig.Api.EndWatchesAsync();
        rig.Objects.Create(Written.Named("second"));
        await rig.Objects.UntilAsync("second", o => o.State() == "Queued", "queued");
        Assert.Equal(lists, rig.Api.Count("trainingjobs", "list"));
    }

    [Fact]
    public async Task The_operator_asks_for_just_what_its_role_grants()
    {
        await using var rig = await OperatorRig.StartAsync();
        var isFirst = true;
        var its = ResourceKind.TrainingJob;
        rig.Api.Intercept = (_, verb) =>
        {
            if (verb == "patch" && isFirst)
                rig.Objects.Edit("all", o => (o["metadata"]!["labels"] = new JsonObject()).AsObject()["a"] = "b", its);
            isFirst &= verb != "patch";
            return null;
        };
        foreach (var kind in ResourceKind.All)
        {
            isFirst = true;
            its = kind;
            await rig.RunningAsync("all", kind: kind);
            rig.Objects.Delete("all", kind);
            await rig.Objects.GoneAsync("all", kind: kind);
            var brief = await rig.RunningAsync("short", ttl: 0, kind);
            brief.Become(JobState.Completed, result: new JobResult { WeightsSha256 = "ab" });
            await rig.Objects.GoneAsync("short", kind: kind);
        }

        Assert.Equal(ApiRights.All.Select(r => (r.Resource, r.Verb)).Order(), rig.Api.Calls.Distinct().Order());
        Assert.Equal(ApiRights.All.Order(), ApiRole.Granted.Order());
    }
}
