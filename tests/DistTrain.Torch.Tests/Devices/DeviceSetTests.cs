using DistTrain.Torch.Devices;
using DistTrain.Torch.Hosting;

namespace DistTrain.Torch.Tests.Devices;

/// <summary>Which rank has which device, and what is said of devices. No CUDA device is needed, and none was seen: the processor plays them.</summary>
[Trait("Kind", "Fast")]
public class DeviceSetTests
{
    public DeviceSetTests() => NativeEnvironment.Prepare();

    [Fact]
    public void A_rank_gets_the_device_with_the_fewest_ranks_and_gives_it_back()
    {
        var devices = Played(2);
        using var first = Take(devices);
        var second = Take(devices);
        Assert.NotSame(first.Device, second.Device);
        using var third = Take(devices);
        second.Dispose();
        second.Dispose();
        using var fourth = Take(devices);
        Assert.Same(second.Device, fourth.Device);
        Assert.Same(TensorDevice.Default, Take(devices, "cpu").Device);
    }

    [Fact]
    public async Task Who_must_be_alone_waits_for_a_device_and_says_so_and_nobody_joins_it()
    {
        var devices = Played(1);
        using var stop = new CancellationTokenSource();
        var said = new TaskCompletionSource<string>();
        var alone = Take(devices, alone: true);
        var joining = Task.Run(() => devices.Take("cuda", alone: false, why => said.TrySetResult(why), stop.Token), TestContext.Current.CancellationToken);
        Assert.Contains("this silo has 1, and each has a rank", await said.Task, StringComparison.Ordinal);
        Assert.False(joining.IsCompleted);
        alone.Dispose();
        using var joined = await joining;

        var refused = new TaskCompletionSource<string>();
        var waiting = Task.Run(() => devices.Take("cuda", alone: true, why => refused.TrySetResult(why), stop.Token), TestContext.Current.CancellationToken);
        Assert.Contains("a CUDA device of its own", await refused.Task, StringComparison.Ordinal);
        await stop.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public void One_rank_at_a_time_computes_on_a_device_and_all_do_on_the_processor()
    {
        var device = TensorDevice.OfTests();
        Thread other;
        using (device.Take())
        using (TensorDevice.Processor.Take())
        {
            Assert.True(Computing(TensorDevice.Processor).Join(Waiting.Limit));
            other = Computing(device);
            Assert.False(other.Join(TimeSpan.FromMilliseconds(50)));
        }

        Assert.True(other.Join(Waiting.Limit));

        static Thread Computing(TensorDevice device)
        {
            var thread = new Thread(() =>
            {
                using (device.Take())
                    GC.KeepAlive(device);
            });
            thread.Start();
            return thread;
        }
    }

    [Theory]
    [InlineData("0,2", "there is no CUDA device 2; this process sees 2, numbered from 0")]
    [InlineData("1,1", "'1,1' is no list of different device numbers; write e.g. 0,1")]
    [InlineData("gpu", "'gpu' is no list of different device numbers; write e.g. 0,1")]
    [InlineData("-1", "'-1' is no list of different device numbers; write e.g. 0,1")]
    [InlineData("", "'' is no list of different device numbers; write e.g. 0,1")]
    public void A_choice_of_what_there_is_not_is_told(string chosen, string problem) =>
        Assert.Equal(problem, DeviceSet.Of([TensorDevice.OfTests(), TensorDevice.OfTests()], "", chosen).Problem);

    [Fact]
    public void Devices_of_two_kinds_are_refused_and_those_of_one_of_them_are_not()
    {
        TensorDevice[] known = [TensorDevice.OfTests(), TensorDevice.Processor];
        Assert.Equal("devices of one silo must be of one kind, and these are staged and processor; name some of one kind, e.g. --devices 0", DeviceSet.Of(known, "", null).Problem);
        Assert.Contains("processor and staged", DeviceSet.Of(known, "", "1,0").Problem, StringComparison.Ordinal);
        Assert.Null(DeviceSet.Of(known, "", "0").Problem);
    }

    [Fact]
    public void A_choice_of_some_is_those()
    {
        TensorDevice[] known = [TensorDevice.OfTests(), TensorDevice.OfTests()];
        var (chosen, problem) = DeviceSet.Of(known, "", "1");
        Assert.Null(problem);
        Assert.Equal(1, chosen.Count);
        Assert.Same(known[1], Take(chosen).Device);
    }

    [Fact]
    public void What_a_job_leaves_open_is_answered_and_a_kind_of_device_is_an_arithmetic()
    {
        Assert.Equal(("cuda", "cpu", "cpu", "cuda"), (Played(1).Resolve("auto"), DeviceSet.None.Resolve("auto"), Played(1).Resolve("cpu"), DeviceSet.None.Resolve("cuda")));
        Assert.EndsWith(", cuda staged", NativeEnvironment.Arithmetic("float32", Played(2).KindOf("cuda")), StringComparison.Ordinal);
        Assert.EndsWith(", bfloat16 on cuda staged", NativeEnvironment.Arithmetic("bfloat16", Played(2).KindOf("cuda")), StringComparison.Ordinal);
        Assert.Equal(NativeEnvironment.Arithmetic("float32"), NativeEnvironment.Arithmetic("float32", Played(2).KindOf("cpu")));
    }

    [Fact]
    public void A_device_is_named_by_its_model_and_driver()
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder["gpus/0000:1b:00.0"]);
        Directory.CreateDirectory(folder["gpus/0000:04:00.0"]);
        File.WriteAllText(folder["version"], "NVRM version: NVIDIA UNIX x86_64 Kernel Module  570.86.15  Thu Jan 23 10:00:00 UTC 2025\nGCC version: gcc 12\n");
        File.WriteAllText(folder["gpus/0000:1b:00.0/information"], "Model: \t\t NVIDIA H200\nIRQ:   \t\t 211\n");
        File.WriteAllText(folder["gpus/0000:04:00.0/information"], "Model: \t\t NVIDIA L4\n");
        Assert.Equal("NVIDIA L4, driver 570.86.15", NvidiaDriver.KindOf(0, folder.Path));
        Assert.Equal("NVIDIA H200, driver 570.86.15", NvidiaDriver.KindOf(1, folder.Path));
        Assert.Equal("of an unknown model, driver 570.86.15", NvidiaDriver.KindOf(2, folder.Path));
        Assert.Equal("of an unknown model, driver unknown", NvidiaDriver.KindOf(0, folder["nowhere"]));
    }

    /// <summary>libtorch's settings are the process's, and those of its build for the processor have the same names: they are set, read back, and set back.</summary>
    [Fact]
    public void Settings_for_deterministic_kernels_are_taken()
    {
        try
        {
            DeterministicKernels.Set(deterministic: false);
            Assert.Equal(["deterministic algorithms", "memory that is not filled", "deterministic cuDNN", "products in float32 (no TF32)"], DeterministicKernels.Refused());
            DeterministicKernels.Require();
            Assert.Empty(DeterministicKernels.Refused());
        }
        finally
        {
            DeterministicKernels.Set(deterministic: false);
            TorchSharp.torch.backends.cudnn.allow_tf32 = true;
        }
    }

    private static DeviceSet Played(int count) => DeviceSet.Of([.. Enumerable.Range(0, count).Select(_ => TensorDevice.OfTests())], "", null).Devices;

    private static DeviceLease Take(DeviceSet devices, string device = "cuda", bool alone = false) =>
        devices.Take(device, alone, why => Assert.Fail(why), CancellationToken.None);
}
